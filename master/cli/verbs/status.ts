// `master status [env]`, `master history <env>`, `master ping [selector]`: how things stand.

import type { PingView, Routes, StatusView } from '../../api/contract.ts';
import { fault } from '../../../states/faults.ts';
import { withQuery } from '../client.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { historyText, pingText } from '../render/fleet.ts';
import { statusText } from '../render/status.ts';

export async function status(context: Context, environment: string | undefined): Promise<number> {
  const view = await context.client.get<StatusView>(withQuery('/v1/status', { environment }));
  if (environment !== undefined && view.environments.length === 0) {
    throw fault('UNKNOWN_NAME', `no environment is named ${environment}`);
  }
  const asked = { view, full: environment !== undefined, now: context.world.now() };
  show(context, view, (page) => statusText(asked, page));
  return exits.converged;
}

export async function history(context: Context, environment: string): Promise<number> {
  const path = `/v1/history/${encodeURIComponent(environment)}`;
  const { rollouts } = await context.client.get<Routes['history']>(path);
  const now = context.world.now();
  show(context, { rollouts }, (page) => historyText(rollouts, now, page));
  return exits.converged;
}

export async function ping(context: Context, selector: string | undefined): Promise<number> {
  const body = selector === undefined ? {} : { hosts: selector };
  const view = await context.client.send<PingView>('POST', '/v1/ping', body);
  if (view.hosts.length === 0) throw fault('NO_HOSTS', 'there is no host to ping');
  show(context, view, (page) => pingText(view, page));
  return view.hosts.every((host) => host.ok) ? exits.converged : exits.missing;
}
