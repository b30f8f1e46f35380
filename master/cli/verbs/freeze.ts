// `master freeze` and `master unfreeze`: for a while nothing enters by itself, anywhere or in some.

import type { FreezeRequest, FreezeView } from '../../api/pipeline-contract.ts';
import { withQuery } from '../client.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { untilWords } from '../render/promotion.ts';
import { harmless, wrap } from '../render/text.ts';
import { minutes } from './stage.ts';

export interface FreezeOptions {
  readonly message: string;
  readonly until?: string;
}

export async function freeze(
  context: Context,
  environments: readonly string[],
  { message, until }: FreezeOptions,
): Promise<number> {
  const now = context.world.now();
  const body: FreezeRequest = {
    message,
    actor: context.actor,
    ...(environments.length === 0 ? {} : { environments }),
    ...minutes(until, now),
  };
  const view = await context.client.send<FreezeView>('POST', '/v1/freezes', body);
  show(context, view, ({ width }) => {
    const what = view.environments.length === 0 ? 'any stage' : view.environments.join(', ');
    const when = untilWords(view.until, now);
    const end = when === '' ? '' : `, ${when}`;
    const text = `Nothing enters ${what}${end}. End it with: master unfreeze ${view.id}`;
    return wrap(harmless(text), width).join('\n');
  });
  return exits.converged;
}

export async function unfreeze(context: Context, id: string): Promise<number> {
  const { actor, client } = context;
  const path = withQuery(`/v1/freezes/${encodeURIComponent(id)}`, { actor });
  const view = await client.send<unknown>('DELETE', path);
  show(context, view ?? { id }, () => `${harmless(id)} is over.`);
  return exits.converged;
}
