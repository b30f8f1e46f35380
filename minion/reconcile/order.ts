// In which order a plan's steps are taken on the host: as the plan has them, except that all pulls
// come first and together, and that old containers which may run on stop only at the end.

import type { PinnedImage } from '../../states/model.ts';
import type { Step } from '../../states/step.ts';

export type Taken =
  | Step
  | { readonly do: 'pull-all'; readonly images: readonly PinnedImage[] }
  /** What follows gives something up that could run until here. */
  | { readonly do: 'all-healthy' };

/**
 * The wait for lasting health is the longest part of a change: services beside each other wait at the
 * same time. What can run beside its successor does so until all are healthy; then going back is to
 * stop the new ones, and nobody notices. Nothing waits for such a stop: where something needs the port,
 * the plan stops the old one before.
 */
export function inOrder(steps: readonly Step[]): readonly Taken[] {
  const images = steps.flatMap((step) => (step.do === 'pull' ? [step.image] : []));
  const others = steps.filter(({ do: what }) => what !== 'pull');
  const lastWait = others.findLastIndex(({ do: what }) => what === 'await-healthy');
  const [now, later] = parted(others.slice(0, lastWait + 1));
  return [
    ...(images.length === 0 ? [] : [{ do: 'pull-all', images } as const]),
    ...now,
    ...(lastWait < 0 ? [] : [{ do: 'all-healthy' } as const]),
    ...later,
    ...others.slice(lastWait + 1),
  ];
}

function parted(steps: readonly Step[]): readonly [readonly Step[], readonly Step[]] {
  const awaited = new Set<string>();
  const now: Step[] = [];
  const later: Step[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.do === 'await-healthy') awaited.add(step.spec.service);
    const mayRunOn =
      step.do === 'stop' && awaited.has(step.service) && !startsAfter(steps, index, step.service);
    (mayRunOn ? later : now).push(step);
  }
  return [now, later];
}

/** Then the stop may make room for another instance of the same service. */
const startsAfter = (steps: readonly Step[], index: number, service: string): boolean =>
  steps
    .slice(index)
    .some(
      (step) => (step.do === 'start' || step.do === 'restart') && step.spec.service === service,
    );
