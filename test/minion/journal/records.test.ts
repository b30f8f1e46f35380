import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyJournal,
  encode,
  recover,
  type JournalRecord,
} from '../../../minion/journal/records.ts';
import { beta, desireOf, reportOf } from '../samples.ts';

const writes: readonly (readonly JournalRecord[])[] = [
  [{ kind: 'owner', owner: 'web-1 of 1234' }],
  [{ kind: 'desire', desire: desireOf(beta, 7) }],
  [
    { kind: 'told', message: { type: 'report', seq: 3, report: reportOf(desireOf(beta, 7)) } },
    { kind: 'acked', seq: 3 },
  ],
  [{ kind: 'facts', facts: { docker: '20.10 – "ä"', cpus: 2 } }],
];
const parts = [emptyJournal(), ...writes.map(encode)];
const whole = Buffer.concat(parts);

/** The records of the writes that lie whole within the first bytes. */
function within(bytes: number): JournalRecord[] {
  let end = emptyJournal().length;
  return writes.filter((_, index) => (end += parts[index + 1]?.length ?? 0) <= bytes).flat();
}

describe('a journal', () => {
  it('is read back as it was written', () => {
    const recovered = recover(whole);
    expect(recovered).toEqual({
      records: writes.flat(),
      wholeBytes: whole.length,
      damage: undefined,
    });
  });

  it('cut at any byte gives what was whole before, and is not damaged', () => {
    for (let bytes = 0; bytes < whole.length; bytes += 1) {
      const recovered = recover(whole.subarray(0, bytes));
      expect(recovered.damage, `cut at ${bytes}`).toBeUndefined();
      expect(recovered.records).toEqual(within(bytes));
      expect(recovered.wholeBytes).toBeLessThanOrEqual(bytes);
      const healed = Buffer.concat([whole.subarray(0, recovered.wholeBytes), encode([])]);
      if (recovered.wholeBytes > 0) expect(recover(healed).damage).toBeUndefined();
    }
  });

  it('whose last write left holes is healed', () => {
    const holes = Buffer.from(whole);
    holes.fill(0, whole.length - 30, whole.length - 5);
    expect(recover(holes)).toMatchObject({ damage: undefined, records: writes.slice(0, 3).flat() });
    const longer = Buffer.concat([whole, Buffer.alloc(4_096)]);
    expect(recover(longer)).toMatchObject({ damage: undefined, records: writes.flat() });
  });

  it('with any one byte changed is either told as damaged, or loses the last write alone', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] ?? 0) ^ change;
        const read = attempt(broken);
        if (read === undefined || read.damage !== undefined) return;
        expect([writes.flat(), writes.slice(0, 3).flat()]).toContainEqual(read.records);
        expect(at).toBeGreaterThanOrEqual(whole.length - (parts.at(-1)?.length ?? 0));
      }),
      { numRuns: 3_000 },
    );
  });

  it('that is damaged in the middle says where', () => {
    const broken = Buffer.from(whole);
    broken.write('X', (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0) + 20);
    expect(recover(broken).damage).toBe('line 3 is not as it was written');
    expect(recover(Buffer.from('#!/bin/sh\n')).damage).toMatch(/does not begin/);
  });

  it('of another layout is refused, not healed', () => {
    expect(() => recover(Buffer.from('brine journal 2\nwhatever'))).toThrow(/layout 2/);
  });

  it('that a newer Brine wrote into is set aside rather than half obeyed', () => {
    const newer = encode([{ kind: 'numbers', last: 1, more: true } as unknown as JournalRecord]);
    expect(recover(Buffer.concat([whole, newer, encode([])])).damage).toMatch(/line 6/);
  });
});

/** Undefined where the layout's number itself was changed: that is refused. */
function attempt(bytes: Buffer): ReturnType<typeof recover> | undefined {
  try {
    return recover(bytes);
  } catch {
    return undefined;
  }
}
