// In which order a plan's steps are taken on the host: as the plan has them, except that pulls go
// together, and that old containers which may run on stop only when everything has been started.

import type { PinnedImage } from '../../states/model.ts';
import type { Step } from '../../states/step.ts';

export type Taken = Step | { readonly do: 'pull-all'; readonly images: readonly PinnedImage[] };

/**
 * The wait for lasting health is the longest part of a change: services beside each other wait at the
 * same time. A stop behind its own service's wait needs nothing but that, and nothing waits for it:
 * where another service needs the port, the plan stops the old one before.
 */
export function inOrder(steps: readonly Step[]): readonly Taken[] {
  const images = steps.flatMap((step) => (step.do === 'pull' ? [step.image] : []));
  const [now, later] = parted(steps.filter(({ do: what }) => what !== 'pull'));
  const pulls: Taken[] = images.length === 0 ? [] : [{ do: 'pull-all', images }];
  const lastWait = now.findLastIndex(({ do: what }) => what === 'await-healthy');
  return [
    ...surroundings(now),
    ...pulls,
    ...now.slice(0, lastWait + 1).filter((step) => !isSurrounding(step)),
    ...later,
    ...now.slice(lastWait + 1).filter((step) => !isSurrounding(step)),
  ];
}

function parted(steps: readonly Step[]): readonly [readonly Step[], readonly Step[]] {
  const awaited = new Set<string>();
  const now: Step[] = [];
  const later: Step[] = [];
  const lastStarts = new Map<string, number>();
  steps.forEach((step, index) => {
    if (step.do === 'start') lastStarts.set(step.spec.service, index);
  });
  for (const [index, step] of steps.entries()) {
    if (step.do === 'await-healthy') awaited.add(step.spec.service);
    // Another instance of it may start only in the place of this one.
    const isLast = step.do === 'stop' && index > (lastStarts.get(step.service) ?? -1);
    if (isLast && awaited.has(step.service)) later.push(step);
    else now.push(step);
  }
  return [now, later];
}

const isSurrounding = ({ do: what }: Step): boolean =>
  what === 'create-network' || what === 'create-volume';
const surroundings = (steps: readonly Step[]): readonly Step[] => steps.filter(isSurrounding);
