import { describe, expect, it } from 'vitest';
import { palette, styleOf } from '../../../master/cli/render/style.ts';

/** The six steps of each part in the cube of 216 colours that begins at 16. */
const steps = [0, 95, 135, 175, 215, 255];

function luminance(index: number): number {
  const cube = index - 16;
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  const [red = 0, green = 0, blue = 0] = parts.map((part) => {
    const value = (steps[part] ?? 0) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('colours', () => {
  it.each(Object.entries(palette))('%s (%i) reads on white and on black', (_, index) => {
    const own = luminance(index) + 0.05;
    expect(1.05 / own).toBeGreaterThan(3.5);
    expect(own / 0.05).toBeGreaterThan(3.5);
  });

  it('are two of the eight where a terminal knows no more, and none where not wanted', () => {
    expect(styleOf(true, 24).warn('x')).toBe('\u001b[38;5;130mx\u001b[39m');
    const { warn, bad, good, busy } = styleOf(true, 4);
    expect([warn, bad, good, busy].map((paint) => paint('x'))).toEqual([
      ...['\u001b[35mx\u001b[39m', '\u001b[31mx\u001b[39m', 'x', 'x'],
    ]);
    expect(styleOf(false, 24).warn('x')).toBe('x');
  });
});
