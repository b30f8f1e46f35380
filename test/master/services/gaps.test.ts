import { describe, expect, it } from 'vitest';
import { withGapsOf } from '../../../master/services/gaps.ts';
import type { Rollout } from '../../../master/rollout/record.ts';
import { changes, plan, running } from '../cli/samples.ts';

/** What of a rollout is looked at. */
const past = (gaps: Readonly<Record<string, number>>) =>
  ({
    hosts: Object.entries(gaps).map(([host, gapMs]) => ({
      host,
      running: [{ ...running('1.41.0'), gapMs }],
    })),
  }) as unknown as Rollout;

const told = (rollouts: readonly Rollout[]) =>
  withGapsOf(plan([changes('web-1'), changes('web-2')]), rollouts).hosts.map(
    ({ switches: [first] }) => [first?.gapMs, first?.measured],
  );

describe('the gap that a plan predicts', () => {
  it('is what the host itself measured last', () => {
    expect(told([past({ 'web-1': 910.4, 'web-2': 1_240 }), past({ 'web-1': 50 })])).toEqual([
      [910, true],
      [1_240, true],
    ]);
  });

  it('is the longest of the others where it has measured none', () => {
    expect(told([past({ 'web-3': 700 }), past({ 'web-2': 800, 'web-4': 0 })])).toEqual([
      [800, true],
      [800, true],
    ]);
  });

  it('stays the least to expect where nobody has', () => {
    expect(told([past({ 'web-1': 0 })])).toEqual([
      [640, undefined],
      [640, undefined],
    ]);
  });
});
