import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptedOf,
  fold,
  holdsNothing,
  judge,
  lastWord,
  snapshot,
  targetOf,
  type Held,
} from '../../../minion/journal/held.ts';
import type { HeldEnvironment } from '../../../minion/journal/held.ts';
import type { JournalRecord } from '../../../minion/journal/records.ts';
import type { Desire, HostFailure, Report } from '../../../protocol/messages.ts';
import { beta, desireOf, driftOf, gamma, reportOf, specOf, stateOf } from '../samples.ts';

const held = (...records: readonly (JournalRecord | readonly JournalRecord[])[]): Held =>
  records.flat().reduce(fold, holdsNothing);
const wants = (desire: Desire): JournalRecord => ({ kind: 'desire', desire });
/** As the journal writes them: both or none. */
const told = (seq: number, report: Report): readonly JournalRecord[] => [
  { kind: 'settled', report },
  { kind: 'told', message: { type: 'report', seq, report } },
];
const environment = (from: Held): HeldEnvironment => {
  const found = from.environments.get(beta);
  if (found === undefined) throw new Error('nothing is held for beta');
  return found;
};
const failure: HostFailure = {
  ...{ code: 'CONTAINER_EXITED', message: 'it exited', service: 'api', phase: 'healthy' },
};
const failed = (desire: Desire, more: Partial<Report> = {}): Report =>
  reportOf(desire, { outcome: 'failed', now: 'old', failures: [failure], ...more });

const one = desireOf(beta, 1);
const two = desireOf(beta, 2);
const fetchThree = desireOf(beta, 3, { mode: 'pull' });

describe('a desire', () => {
  it('is new, the same, or stale', () => {
    expect(judge(holdsNothing, one)).toBe('new');
    const now = held(wants(two));
    expect(judge(now, one)).toBe('stale');
    expect(judge(now, two)).toBe('same');
    expect(judge(now, fetchThree)).toBe('new');
    expect(judge(now, desireOf(gamma, 1))).toBe('new');
  });

  it('may be fetched and then run under one generation, not the other way round', () => {
    const run = desireOf(beta, 3);
    expect(judge(held(wants(fetchThree)), run)).toBe('new');
    expect(judge(held(wants(run)), fetchThree)).toBe('stale');
  });
});

describe('what has to be done', () => {
  const done = [wants(one), ...told(1, reportOf(one))];

  it('is to converge until there is a report, knowing what to go back to', () => {
    expect(targetOf(environment(held(...done, wants(two))))).toEqual({
      ...{ work: 'converge', desire: two, previous: one },
    });
  });

  it('is to hold what was reached, also while the next one is only fetched', () => {
    const now = held(...done, wants(fetchThree));
    expect(targetOf(environment(now))).toMatchObject({ work: 'hold', desire: one });
    expect(acceptedOf(now)).toEqual([{ environment: beta, generation: 3, running: 1 }]);
  });

  it('is to go on going back where that was decided', () => {
    const decided: JournalRecord = {
      ...{ kind: 'going-back', environment: beta, generation: 2, failures: [failure] },
    };
    expect(targetOf(environment(held(...done, wants(two), decided)))).toEqual({
      ...{ work: 'go-back', desire: two, previous: one, failures: [failure] },
    });
  });

  it('is to hold the one before after going back, never the one that failed', () => {
    const now = held(...done, wants(two), told(2, failed(two, { reverted: true })));
    expect(targetOf(environment(now))).toMatchObject({ work: 'hold', desire: one });
    const stillDown = failed(two, { reverted: true, now: 'down' });
    expect(targetOf(environment(held(...done, wants(two), told(2, stillDown))))).toMatchObject({
      ...{ work: 'hold', desire: one },
    });
  });

  it('is to leave the failed service alone where a person shall look at it', () => {
    const state = stateOf(beta, [specOf('api'), specOf('game')]);
    const paused = desireOf(beta, 2, { onFailure: 'pause', state });
    const now = held(...done, wants(paused), told(2, failed(paused, { now: 'down' })));
    expect(targetOf(environment(now))).toMatchObject({ work: 'hold', leave: new Set(['api']) });
  });

  it('is nothing where nothing ever ran', () => {
    expect(targetOf(environment(held(wants(fetchThree))))).toEqual({ work: 'nothing' });
    expect(targetOf(environment(held(wants(one), told(1, failed(one)))))).toEqual({
      work: 'nothing',
    });
  });
});

describe('reports', () => {
  it('wait until they are acknowledged, and are still known then', () => {
    const now = held(wants(one), told(5, reportOf(one)));
    expect(now.told.map(({ seq }) => seq)).toEqual([5]);
    const acked = fold(now, { kind: 'acked', seq: 5 });
    expect(acked.told).toEqual([]);
    expect(lastWord(environment(acked))).toEqual(reportOf(one));
    expect(lastWord(environment(fold(acked, wants(two))))).toBeUndefined();
  });

  it('give way to a newer one of their environment, and to no other', () => {
    const other = desireOf(gamma, 1);
    const now = held(
      ...[wants(one), told(1, reportOf(one)), wants(other), told(2, reportOf(other))],
      { kind: 'told', message: { type: 'drift', seq: 3, drift: driftOf(beta, 'died') } },
      ...[wants(two), told(4, reportOf(two))],
    );
    expect(now.told.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  it('of a desire that could not be accepted do not end it when it is', () => {
    const [, refusal] = told(1, failed(one));
    if (refusal === undefined) throw new Error('no refusal');
    const now = held(refusal, wants(one));
    expect(targetOf(environment(now))).toMatchObject({ work: 'converge' });
    expect(snapshot(now).reduce(fold, holdsNothing)).toEqual(now);
  });

  it('of another generation do not end this one', () => {
    const now = held(wants(two), told(1, reportOf(one)));
    expect(environment(now).settled).toBeUndefined();
  });
});

describe('the shortest journal', () => {
  const generation = fc.integer({ min: 1, max: 6 });
  const where = fc.constantFrom(beta, gamma);
  const anyDesire = fc
    .record({ where, generation, pull: fc.boolean() })
    .map((drawn) => desireOf(drawn.where, drawn.generation, { mode: drawn.pull ? 'pull' : 'run' }));
  const anyEvent = fc.oneof(
    anyDesire.map((desire) => ({ do: 'desire' as const, desire })),
    fc.record({ do: fc.constant('report' as const), desire: anyDesire, ok: fc.boolean() }),
    fc.record({ do: fc.constant('ack' as const), back: fc.nat(3) }),
    fc.record({ do: fc.constant('back' as const), where, generation }),
  );

  it('makes the same again, after any history', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        let now = fold(holdsNothing, { kind: 'owner', owner: 'me' });
        events.forEach((event, index) => {
          now = after(now, event, index + 1);
        });
        expect(snapshot(now).reduce(fold, holdsNothing)).toEqual(now);
        expect(snapshot(now).length).toBeLessThan(3 + 2 * 6 + now.told.length + 1);
      }),
      { numRuns: 500 },
    );
  });

  type Event = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never;

  function after(now: Held, event: Event, seq: number): Held {
    switch (event.do) {
      case 'desire':
        return judge(now, event.desire) === 'new' ? fold(now, wants(event.desire)) : now;
      case 'report': {
        const report = event.ok ? reportOf(event.desire) : failed(event.desire);
        return told(seq, report).reduce(fold, now);
      }
      case 'ack':
        return fold(now, { kind: 'acked', seq: seq - event.back });
      case 'back': {
        const { where: environment, generation } = event;
        return fold(now, { kind: 'going-back', environment, generation, failures: [failure] });
      }
    }
  }
});
