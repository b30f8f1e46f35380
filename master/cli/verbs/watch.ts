// `master watch [env|rollout|promotion]`: joins what is going on, from its first event.

import type { RolloutView, StatusView } from '../../api/contract.ts';
import type { PromotionView } from '../../api/pipeline-contract.ts';
import { parseRolloutId } from '../../../states/ids.ts';
import { fault } from '../../../states/faults.ts';
import { parsePromotionId } from '../../pipeline/record.ts';
import { attend } from '../attend.ts';
import type { Context } from '../context.ts';
import { statusOf } from './rollback.ts';
import { stageOf } from './stage.ts';

export async function watch(context: Context, target: string | undefined): Promise<number> {
  const promotion = await promotionOf(context, target);
  if (promotion !== undefined) {
    const { attendPromotion } = await import('../attend-promotion.ts');
    return attendPromotion(context, { promotion, since: 0, leaveBlocked: false });
  }
  const rollout = await find(context, target);
  return attend(context, { rollout, since: 0 });
}

/** One by its id; of a stage what is under way there, else what waits. */
async function promotionOf(
  context: Context,
  target: string | undefined,
): Promise<PromotionView | undefined> {
  if (target === undefined) return undefined;
  if (parsePromotionId(target) !== undefined) {
    return context.client.get<PromotionView>(`/v1/promotions/${target}`);
  }
  if (parseRolloutId(target) !== undefined) return undefined;
  const stage = await stageOf(context, target);
  return stage?.active ?? stage?.waiting ?? undefined;
}

async function find(context: Context, target: string | undefined): Promise<RolloutView> {
  if (target !== undefined && parseRolloutId(target) !== undefined) {
    return context.client.get<RolloutView>(`/v1/rollouts/${target}`);
  }
  if (target !== undefined) {
    const status = await statusOf(context, target);
    const newest = status.current ?? status.last;
    if (newest === null) throw fault('ROLLOUT_NONE', `nothing was ever rolled out to ${target}`);
    return newest;
  }
  const { environments } = await context.client.get<StatusView>('/v1/status');
  const running = environments.flatMap(({ current }) => (current === null ? [] : [current]));
  const [only, ...others] = running;
  if (only === undefined) throw fault('ROLLOUT_NONE', 'nothing is being rolled out now');
  if (others.length > 0) {
    const names = running.map(({ environment }) => environment).join(', ');
    throw fault('BAD_USAGE', `several environments are being rolled out, name one: ${names}`);
  }
  return only;
}
