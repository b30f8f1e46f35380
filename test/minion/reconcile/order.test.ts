import { describe, expect, it } from 'vitest';
import { inOrder } from '../../../minion/reconcile/order.ts';
import type { Step } from '../../../states/step.ts';
import { specOf } from '../samples.ts';

const reason = 'because';
const started = (slot: number): Step[] => {
  const spec = specOf('api', { slot });
  const container = `new-${slot}`;
  return [
    { do: 'start', container, spec, reason },
    { do: 'await-healthy', container, spec, reason },
  ];
};
const stopped = (slot: number): Step => ({
  ...{ do: 'stop', container: `old-${slot}`, service: 'api', timeoutMs: 0, reason },
});
const words = (steps: readonly Step[]): readonly string[] =>
  inOrder(steps).map((step) => ('container' in step ? `${step.do} ${step.container}` : step.do));

describe('the order of steps on a host', () => {
  it('stops an old instance before the new one starts in its place', () => {
    expect(words([stopped(1), ...started(1), stopped(2), ...started(2)])).toEqual([
      ...['stop old-1', 'start new-1', 'await-healthy new-1'],
      ...['stop old-2', 'start new-2', 'await-healthy new-2'],
    ]);
  });

  it('leaves the last old one running until everything has been started', () => {
    const other = specOf('web');
    const web: Step = { do: 'start', container: 'web', spec: other, reason };
    const wait: Step = { do: 'await-healthy', container: 'web', spec: other, reason };
    expect(words([...started(1), stopped(1), web, wait])).toEqual([
      ...['start new-1', 'await-healthy new-1', 'start web', 'await-healthy web', 'stop old-1'],
    ]);
  });
});
