import { describe, expect, it } from 'vitest';
import type { RolloutPhase } from '../../../master/events.ts';
import { rollbackTarget } from '../../../master/views/rollback.ts';

interface Past {
  readonly id: string;
  readonly release: string;
  readonly phase: RolloutPhase;
  readonly partial?: boolean;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

const past = (id: string, release: string, more: Partial<Past> = {}): Past => ({
  ...{ id, release, phase: 'succeeded', startedAt: 1, endedAt: 2 },
  ...more,
});
const target = (rollouts: readonly Past[], release?: string): string | undefined =>
  rollbackTarget(rollouts, release)?.id;

describe('what a rollback goes back to', () => {
  it('is what succeeded before the present one, also where only settings changed', () => {
    expect(target([past('r3', 'b'), past('r2', 'a'), past('r1', 'a')])).toBe('r2');
    expect(target([past('r2', 'a'), past('r1', 'a')])).toBe('r1');
  });

  it('is not one that only wrote a release down', () => {
    const noted = { startedAt: 5, endedAt: 5 };
    expect(target([past('r3', 'b', noted), past('r2', 'b'), past('r1', 'a')])).toBe('r1');
    expect(target([past('r3', 'b'), past('r2', 'a', noted), past('r1', 'a')])).toBe('r1');
  });

  it('is what succeeded last where the newest was stopped half-way', () => {
    expect(target([past('r3', 'c', { phase: 'aborted' }), past('r2', 'b'), past('r1', 'a')])).toBe(
      'r2',
    );
    expect(
      target([past('r3', 'c', { phase: 'rolled-back' }), past('r2', 'b'), past('r1', 'a')]),
    ).toBe('r1');
  });

  it('is rather one of all hosts than one of some', () => {
    const some = past('r2', 'b', { partial: true });
    expect(target([past('r3', 'c'), some, past('r1', 'a')])).toBe('r1');
    expect(target([past('r3', 'c'), some])).toBe('r2');
  });

  it('is the newest of the release asked for, or nothing', () => {
    expect(target([past('r3', 'c'), past('r2', 'a'), past('r1', 'a')], 'a')).toBe('r2');
    expect(target([past('r3', 'c')], 'a')).toBeUndefined();
    expect(target([past('r1', 'a')])).toBeUndefined();
    expect(target([])).toBeUndefined();
  });
});
