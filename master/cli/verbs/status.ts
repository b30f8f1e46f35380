// `master status [env]`, `master history <env>`, `master ping [selector]`: how things stand.

import type { Routes, StatusView } from '../../api/contract.ts';
import type { PingView } from '../../api/fleet-contract.ts';
import type { PipelineView } from '../../api/pipeline-contract.ts';
import { fault } from '../../../states/faults.ts';
import { withQuery } from '../client.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { historyText, pingText } from '../render/fleet.ts';
import { builtFrom } from '../render/releases.ts';
import { statusText } from '../render/status.ts';
import { nameUnknown } from './rollback.ts';

export async function status(context: Context, environment: string | undefined): Promise<number> {
  const { client } = context;
  const [view, pipeline] = await Promise.all([
    client.get<StatusView>(withQuery('/v1/status', { environment })),
    client.get<PipelineView>('/v1/pipeline'),
  ]);
  if (environment !== undefined && view.environments.length === 0) {
    return nameUnknown(context, environment);
  }
  const asked = { view, pipeline, full: environment !== undefined, now: context.world.now() };
  show(context, { ...view, pipeline }, (page) => statusText(asked, page));
  return exits.converged;
}

export async function history(context: Context, environment: string): Promise<number> {
  const { client } = context;
  const path = `/v1/history/${encodeURIComponent(environment)}`;
  const [{ rollouts, promotions }, { releases }] = await Promise.all([
    client.get<Routes['history']>(path),
    client.get<Routes['releases']>('/v1/releases'),
  ]);
  const commits = new Map(
    releases.flatMap((release): (readonly [string, string])[] => {
      const commit = builtFrom(release);
      return commit === null ? [] : [[release.id, commit]];
    }),
  );
  const now = context.world.now();
  show(context, { promotions, rollouts }, (page) =>
    historyText({ promotions, commits, rollouts }, now, page),
  );
  return exits.converged;
}

export async function ping(context: Context, selector: string | undefined): Promise<number> {
  const body = selector === undefined ? {} : { hosts: selector };
  const view = await context.client.send<PingView>('POST', '/v1/ping', body);
  if (view.hosts.length === 0) throw fault('NO_HOSTS', 'there is no host to ping');
  show(context, view, (page) => pingText(view, page));
  return view.hosts.every((host) => host.ok) ? exits.converged : exits.missing;
}
