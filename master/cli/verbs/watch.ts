// `master watch [env|rollout]`: joins what is going on, from its first event.

import type { RolloutView, StatusView } from '../../api/contract.ts';
import { parseRolloutId } from '../../../states/ids.ts';
import { fault } from '../../../states/faults.ts';
import { attend } from '../attend.ts';
import type { Context } from '../context.ts';
import { statusOf } from './rollback.ts';

export async function watch(context: Context, target: string | undefined): Promise<number> {
  const rollout = await find(context, target);
  return attend(context, { rollout, since: 0 });
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
