import { describe, expect, it } from 'vitest';
import { Live } from '../../../minion/tests/live.ts';
import { Output } from '../../../minion/tests/output.ts';
import { limits } from '../../../protocol/limits.ts';
import { keptOutput } from '../../../protocol/test-schema.ts';

describe('what a test said', () => {
  it('is kept whole while it is short', () => {
    const output = new Output();
    expect(output.last).toBe('');
    for (const line of ['one', '', 'three', ' ']) output.add(line);
    expect(output.kept()).toEqual({
      ...{ head: 'one\n\nthree\n \n', tail: '', omittedLines: 0, omittedChars: 0 },
    });
    expect(output.last).toBe('three');
  });

  it('loses its middle when it is long, and says how much of it', () => {
    const output = new Output();
    const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n}`);
    for (const line of lines) output.add(line);
    const kept = output.kept();
    expect(keptOutput.parse(kept)).toEqual(kept);
    const whole = `${lines.join('\n')}\n`;
    expect(whole.startsWith(kept.head)).toBe(true);
    expect(whole.endsWith(kept.tail)).toBe(true);
    expect(kept.head.length + kept.tail.length + kept.omittedChars).toBe(whole.length);
    expect(`${kept.head}${kept.tail}`.split('\n').length - 1 + kept.omittedLines).toBe(30_000);
    expect(kept.tail.length).toBeGreaterThan(limits.outputTailCharsMax - 20);
    expect(output.last).toBe('line 29999');
  });

  it('is bounded also where a line is longer than all that is kept', () => {
    const output = new Output();
    output.add('a'.repeat(500_000));
    output.add('end');
    const kept = keptOutput.parse(output.kept());
    expect(kept.head).toBe('');
    expect(kept.tail).toBe('end\n');
    expect(kept.omittedChars).toBe(500_001);
    expect(kept.omittedLines).toBe(1);
  });
});

describe('who watches', () => {
  it('hears lines together, and how many were too many', () => {
    const said: (readonly string[])[] = [];
    const live = new Live((lines) => void said.push(lines));
    for (let n = 0; n < 150; n += 1) live.add(`${n} ${'x'.repeat(3_000)}`);
    expect(said).toEqual([]);
    live.flush();
    live.flush();
    expect(said).toHaveLength(1);
    expect(said[0]).toHaveLength(limits.liveLinesMax);
    expect(said[0]?.at(-1)).toBe('… 51 more lines');
    expect(Math.max(...(said[0] ?? []).map((line) => line.length))).toBe(limits.logLineCharsMax);
  });
});
