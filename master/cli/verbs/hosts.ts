// `master hosts`, `hosts label`, `hosts rm`, and `master logs <host> <service>`.

import type { Routes, StatusView } from '../../api/contract.ts';
import { fault } from '../../../states/faults.ts';
import { isLabelValue } from '../../../states/selector-term.ts';
import { unknownName } from '../../../states/unknown-name.ts';
import { withQuery } from '../client.ts';
import { confirmed, refuseUnasked, told } from '../confirm.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { hostsText } from '../render/fleet.ts';
import { harmless } from '../render/text.ts';

export async function listHosts(context: Context): Promise<number> {
  const answer = await context.client.get<Routes['hosts']>('/v1/hosts');
  const now = context.world.now();
  show(context, answer, (page) => hostsText(answer.hosts, now, page));
  return exits.converged;
}

/** `key=value` sets, `key-` takes away. */
export async function labelHost(
  context: Context,
  id: string,
  changes: readonly string[],
): Promise<number> {
  const body = { ...labelChanges(changes), actor: context.actor };
  const path = `/v1/hosts/${encodeURIComponent(id)}/labels`;
  const view = await context.client.send<unknown>('PUT', path, body);
  context.out(context.json ? JSON.stringify(view ?? {}) : `${harmless(id)} is labelled.`);
  return exits.converged;
}

export interface RemoveOptions {
  readonly yes?: boolean;
}

export async function removeHost(
  context: Context,
  id: string,
  { yes = false }: RemoveOptions,
): Promise<number> {
  if (!yes) {
    refuseUnasked(context, 'hosts rm', 'forgets a host');
    await knownHost(context, id);
    told(context)(`The minion of ${harmless(id)} is let in no more; what runs there runs on.`);
    if (!(await confirmed(context, `Remove ${harmless(id)}?`))) {
      context.err('Nothing was changed.');
      return exits.invalid;
    }
  }
  const path = withQuery(`/v1/hosts/${encodeURIComponent(id)}`, { actor: context.actor });
  const view = await context.client.send<unknown>('DELETE', path);
  const text = `${harmless(id)} is removed; its minion is no longer let in.`;
  context.out(context.json ? JSON.stringify(view ?? {}) : text);
  return exits.converged;
}

export interface LogOptions {
  readonly env?: string;
  readonly lines: string;
}

export async function logs(
  context: Context,
  place: { readonly host: string; readonly service: string },
  options: LogOptions,
): Promise<number> {
  const environment = options.env ?? (await environmentOf(context, place));
  const lines = wholeNumber(options.lines, '--lines');
  const path = withQuery(`/v1/hosts/${encodeURIComponent(place.host)}/logs`, {
    environment,
    service: place.service,
    lines,
  });
  const answer = await context.client.get<Routes['logs']>(path);
  if (context.json) context.out(JSON.stringify(answer));
  else for (const line of answer.lines) context.out(harmless(line));
  return exits.converged;
}

export function labelChanges(changes: readonly string[]): {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
} {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const change of changes) {
    const at = change.indexOf('=');
    if (at > 0) set[change.slice(0, at)] = labelValue(change, at);
    else if (at < 0 && change.length > 1 && change.endsWith('-')) remove.push(change.slice(0, -1));
    else throw fault('BAD_USAGE', `neither key=value nor key-: ${change}`);
  }
  return { set, remove };
}

function labelValue(change: string, at: number): string {
  const value = change.slice(at + 1);
  if (isLabelValue(value)) return value;
  const meant = value.replace(/^=+/, '');
  const hint = meant !== value && isLabelValue(meant);
  const instead = hint
    ? `did you mean ${change.slice(0, at)}=${meant}?`
    : 'a value is not empty, and has no space, comma, parenthesis or any of = ! * ?';
  throw fault('BAD_USAGE', `not a label that a selector can name: ${change}; ${instead}`);
}

export function wholeNumber(text: string, option: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw fault('BAD_USAGE', `${option} takes a whole number from 1, not ${text}`);
}

/** The one environment whose service of that name runs on the host. */
async function environmentOf(
  context: Context,
  { host, service }: { readonly host: string; readonly service: string },
): Promise<string> {
  await knownHost(context, host);
  const { environments } = await context.client.get<StatusView>('/v1/status');
  const running = environments.flatMap(({ environment, hosts }) =>
    hosts
      .filter((on) => on.host === host)
      .flatMap((on) => on.running.map((each) => ({ environment, service: each.service }))),
  );
  const found = running.filter((each) => each.service === service);
  const names = [...new Set(found.map(({ environment }) => environment))];
  const [only, ...others] = names;
  if (only === undefined) {
    const services = [...new Set(running.map((each) => each.service))].sort();
    throw unknownName(`service that runs on ${host} is named`, service, services);
  }
  if (others.length === 0) return only;
  throw fault('BAD_USAGE', `${service} runs there for ${names.join(', ')}: choose with --env`);
}

/** Throws UNKNOWN_NAME where no host of that name has joined. */
export async function knownHost({ client }: Context, name: string): Promise<void> {
  const { hosts } = await client.get<Routes['hosts']>('/v1/hosts');
  const names = hosts.map(({ id }) => id);
  if (!names.includes(name)) throw unknownName('host is named', name, names);
}
