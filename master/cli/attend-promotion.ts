// Stays with one promotion until it is over, or until only a person can help it: one line for each
// transition, as events with --json. Ctrl-C leaves the promotion alone and ends only this program.

import type { PromotionView } from '../api/pipeline-contract.ts';
import type { StreamItem } from '../events.ts';
import { isFinal, type PromotionPhase } from '../pipeline/record.ts';
import { pageOf, type Context } from './context.ts';
import { exits, promotionExit } from './exit.ts';
import { follow, insist } from './follow.ts';
import { untilLeaving } from './leaving.ts';
import { followedLine, outcomeText } from './render/promotion.ts';
import { harmless } from './render/text.ts';

interface AttendedPromotion {
  readonly promotion: PromotionView;
  readonly since: number;
  /** Who began it hears at once that it may not enter; who watches waits on. */
  readonly leaveBlocked: boolean;
}

/** Answers the exit code. */
export async function attendPromotion(
  context: Context,
  attended: AttendedPromotion,
): Promise<number> {
  return untilLeaving(async (left) => {
    const over = await watchOver(context, attended, left);
    return over ? await finish(context, attended) : detached(context, attended);
  });
}

async function watchOver(
  context: Context,
  { promotion, since, leaveBlocked }: AttendedPromotion,
  signal: AbortSignal,
): Promise<boolean> {
  if (isEnough(promotion.phase, leaveBlocked)) return true;
  const { client, world } = context;
  const filter = { environment: promotion.environment };
  for await (const next of follow({ client, filter, since, world, signal })) {
    if (next.type === 'lost') context.err('the master is away; the work goes on, trying again');
    if (next.type === 'back') context.err('the master is back');
    if (next.type !== 'item') continue;
    told(context, next.item, next.line, promotion.id);
    if (next.item.kind !== 'promotion' || next.item.promotion !== promotion.id) continue;
    if (isEnough(next.item.phase, leaveBlocked)) return true;
  }
  return false;
}

const isEnough = (phase: PromotionPhase, leaveBlocked: boolean): boolean =>
  isFinal(phase) || phase === 'paused' || (leaveBlocked && phase === 'blocked');

function told(context: Context, item: StreamItem, raw: string, promotion: string): void {
  const line = followedLine(item, promotion, context.style);
  if (line !== undefined) context.out(context.json ? raw : line);
}

async function finish(context: Context, { promotion }: AttendedPromotion): Promise<number> {
  const path = `/v1/promotions/${encodeURIComponent(promotion.id)}`;
  const view = await insist(() => context.client.get<PromotionView>(path), context.world);
  const now = context.world.now();
  if (context.json) context.out(JSON.stringify(view));
  else context.out(outcomeText(view, now, pageOf(context)));
  return promotionExit(view);
}

function detached(context: Context, { promotion }: AttendedPromotion): number {
  const name = harmless(promotion.environment);
  context.err(`\ndetached; ${promotion.id} goes on. Follow it with: master watch ${name}`);
  return exits.detached;
}
