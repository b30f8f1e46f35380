// How long a service was really gone when it was switched last, by what its hosts measured: a better
// prediction of the next time than any constant.

import type { HostPlanView, PlanView } from '../api/contract.ts';
import { readHeads, readRollout } from '../rollout/keys.ts';
import type { Rollout } from '../rollout/record.ts';
import type { Store } from '../store/store.ts';

/** Older ones tell of other versions and other machines. */
const rolloutsMax = 5;

export async function withMeasuredGaps(
  store: Pick<Store, 'get' | 'range'>,
  plan: PlanView,
): Promise<PlanView> {
  if (!plan.hosts.some(({ switches }) => switches.some(({ gapMs }) => gapMs > 0))) return plan;
  const heads = (await readHeads(store, plan.environment)).slice(0, rolloutsMax);
  const rollouts = await Promise.all(heads.map(({ id }) => readRollout(store, id)));
  return withGapsOf(
    plan,
    rollouts.flatMap((rollout) => rollout ?? []),
  );
}

/** `rollouts` from new to old. A host that has measured none itself is told the longest of the others. */
export function withGapsOf(plan: PlanView, rollouts: readonly Rollout[]): PlanView {
  const measured = rollouts.flatMap(({ hosts }) =>
    hosts.flatMap(({ host, running }) =>
      running.flatMap(({ service, slot, gapMs = 0 }) =>
        gapMs > 0 ? [{ host, place: `${service} ${slot}`, gapMs }] : [],
      ),
    ),
  );
  const predicted = (host: string, place: string): number | undefined => {
    const there = measured.filter((each) => each.place === place);
    const own = there.find((each) => each.host === host);
    return (
      own?.gapMs ?? (there.length > 0 ? Math.max(...there.map(({ gapMs }) => gapMs)) : undefined)
    );
  };
  const withGap = (host: string) => (each: HostPlanView['switches'][number]) => {
    const gapMs = each.gapMs > 0 ? predicted(host, `${each.service} ${each.slot}`) : undefined;
    return gapMs === undefined ? each : { ...each, gapMs: Math.round(gapMs), measured: true };
  };
  const hosts = plan.hosts.map((view) => ({
    ...view,
    switches: view.switches.map(withGap(view.host)),
  }));
  return { ...plan, hosts };
}
