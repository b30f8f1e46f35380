// `master events [-f]`: what happened, and with -f what happens now.

import type { Routes } from '../../api/contract.ts';
import { withQuery } from '../client.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';
import { follow, type Followed } from '../follow.ts';
import { eventLine } from '../render/lines.ts';
import { knownHost, wholeNumber } from './hosts.ts';
import { statusOf } from './rollback.ts';

export interface EventOptions {
  readonly follow?: boolean;
  readonly env?: string;
  readonly rollout?: string;
  readonly host?: string;
  readonly lines: string;
}

export async function events(context: Context, options: EventOptions): Promise<number> {
  const { client, json, style } = context;
  const filter = filterOf(options);
  const most = wholeNumber(options.lines, '--lines');
  const answer = await client.get<Routes['events']>(withQuery('/v1/events', { ...filter }));
  if (answer.events.length === 0) await refuseUnknown(context, options);
  for (const event of answer.events.slice(-most)) {
    context.out(json ? JSON.stringify(event) : eventLine(event, style));
  }
  if (options.follow !== true) return exits.converged;
  return live(context, filter, answer.events.at(-1)?.seq ?? 0);
}

/** Of what was never heard of, and is not there either, nothing can be told, now or later. */
async function refuseUnknown(
  context: Context,
  { env, host, rollout }: EventOptions,
): Promise<void> {
  if (host !== undefined) await knownHost(context, host);
  if (env !== undefined) await statusOf(context, env);
  if (rollout !== undefined)
    await context.client.get(`/v1/rollouts/${encodeURIComponent(rollout)}`);
}

async function live(context: Context, filter: Followed, since: number): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const { client, json, style, world } = context;
  for await (const next of follow({ client, filter, since, world, signal: stop.signal })) {
    if (next.type === 'lost') context.err('the master is away; trying again');
    if (next.type === 'item') context.out(json ? next.line : eventLine(next.item, style));
  }
  return exits.detached;
}

const filterOf = ({ env, rollout, host }: EventOptions): Followed => ({
  ...(env === undefined ? {} : { environment: env }),
  ...(rollout === undefined ? {} : { rollout }),
  ...(host === undefined ? {} : { host }),
});
