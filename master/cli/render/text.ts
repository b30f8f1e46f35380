// Text that is safe to put on a terminal, and its width there. Everything from outside (log lines,
// commit subjects, image names, labels) goes through `harmless` before it is printed.

const escape = '\u001b';
const colourSequence = new RegExp(`${escape}\\[[0-9;:]*m`, 'gu');
// Control characters, lone surrogates, and what reorders or breaks a line without being seen.
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** One line in which no character can move the cursor, change colours or reorder what is read. */
export const harmless = (raw: string): string =>
  raw.replace(colourSequence, '').replace(/\t/g, '  ').replace(unsafe, visible);

/** The same for text of several lines: its line breaks stay. */
export const harmlessLines = (raw: string): string =>
  raw.replace(/\r\n/g, '\n').split('\n').map(harmless).join('\n');

/** Columns that the text takes on a terminal; colours take none. */
export function widthOf(text: string): number {
  const plain = text.replace(colourSequence, '');
  if (/^[\u0020-\u007e]*$/u.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += widthOfCharacter(character);
  return width;
}

/** At most `columns` wide; what does not fit ends in `…`. Takes text without colours. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Exactly `columns` wide: cut or filled with spaces on the right. */
export function fit(text: string, columns: number): string {
  const short = cut(text, columns);
  return short + ' '.repeat(Math.max(0, columns - widthOf(short)));
}

/** Fills with spaces on the left. */
export const right = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - widthOf(text))) + text;

/** A number and its unit stay together. */
const gaps = / +(?!(?:ms|s|m|h|d)(?![a-z]))/u;

/** Words broken into lines of at most `columns`; a longer word is cut. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(gaps).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line);
      line = cut(word, columns);
    } else {
      line = cut(longer, Math.max(columns, 1));
    }
  }
  return line === '' ? lines : [...lines, line];
}

export { listed, plural } from '../../words.ts';

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

function widthOfCharacter(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : '�';
}
