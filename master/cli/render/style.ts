// Colours that read on light and on dark backgrounds. A colour never carries a meaning alone: a word
// or a sign beside it says the same.

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly busy: (text: string) => string;
}

const same = (text: string): string => text;
const sgr =
  (on: number | string, off: number) =>
  (text: string): string =>
    text === '' ? text : `\u001b[${on}m${text}\u001b[${off}m`;

export const plain: Style = {
  bold: same,
  dim: same,
  good: same,
  bad: same,
  warn: same,
  busy: same,
};

/**
 * Of the palette of 256: as far from white as from black. What a terminal makes of the first eight
 * colours is often far too bright on white, yellow above all.
 */
export const palette = { good: 28, bad: 160, warn: 130, busy: 31 } as const;

const shade = (index: number): Style['good'] => sgr(`38;5;${index}`, 39);

export const coloured: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  good: shade(palette.good),
  bad: shade(palette.bad),
  warn: shade(palette.warn),
  busy: shade(palette.busy),
};

/** For terminals that know eight colours only, of which red and magenta alone read on white too. */
const eightColours: Style = {
  ...coloured,
  good: same,
  bad: sgr(31, 39),
  warn: sgr(35, 39),
  busy: same,
};

const bitsFor256 = 8;

export const styleOf = (wanted: boolean, colourBits: number): Style =>
  wanted ? (colourBits >= bitsFor256 ? coloured : eightColours) : plain;
