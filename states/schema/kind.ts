// What a kind of value is, and the kinds that are made of nothing else: words, numbers, texts.

import { bounds } from '../bounds.ts';
import { quoted, right, wrong, type Parsed } from '../parsed.ts';
import { suggest } from '../suggest.ts';
import { hasReference } from '../template.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What a leaf can be in YAML. */
export type Raw = string | number | boolean;

export interface Kind<T> {
  /** Completes "`key` takes …". */
  readonly takes: string;
  readonly json: Json;
  /** Undefined where the value is of the wrong type altogether. */
  readonly parse: (raw: Raw) => Parsed<T> | undefined;
  /** Numbers, yes and no are taken as the text they are written as. */
  readonly anyText?: true;
  /** Names that other files are checked against never have `${…}` in them; `own`: `parse` sees to it. */
  readonly references?: 'never' | 'own';
}

/** A text with a parser of its own. */
export const text = <T>(takes: string, json: Json, parse: (raw: string) => Parsed<T>): Kind<T> => ({
  takes,
  json: { type: 'string', ...json },
  parse: (raw) => (typeof raw === 'string' ? parse(raw) : undefined),
});

/** Never with `${…}` in it. */
export const fixed = <T>(kind: Kind<T>): Kind<T> => ({ ...kind, references: 'never' });

/** The same for what looks like a number when its unit or its other half is forgotten. */
export const unit = <T>(takes: string, json: Json, parse: (raw: string) => Parsed<T>): Kind<T> => ({
  ...text(takes, json, parse),
  parse: (raw) => (typeof raw === 'boolean' ? undefined : parse(String(raw))),
});

/** One of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): Kind<T> {
  const listed = words.map((word) => `\`${word}\``).join(', ');
  const takes = listed.replace(/, ([^,]*)$/, ' or $1');
  return text<T>(takes, { enum: words }, (raw) => {
    const word = words.find((each) => each === raw);
    if (word !== undefined) return right(word);
    const meant = suggest(raw, words);
    return wrong(
      `${quoted(raw)} is not ${takes}`,
      meant === undefined ? undefined : `did you mean \`${meant}\`?`,
    );
  });
}

/** Undefined where it is none; a text that is nothing but one is taken as one. */
export const numberOf = (raw: Raw): number | undefined =>
  typeof raw === 'number'
    ? raw
    : /^\d{1,15}(\.\d{1,15})?$/.test(String(raw))
      ? Number(raw)
      : undefined;

/** A whole number; in quotes too, as a label of a host brings it. */
export function count(min: number, max: number): Kind<number> {
  return {
    takes: 'a whole number',
    json: { type: 'integer', minimum: min, maximum: max },
    parse: (raw) => {
      const value = numberOf(raw);
      if (value === undefined || !Number.isInteger(value)) return undefined;
      return value < min || value > max
        ? wrong(`${value} is not from ${min} to ${max}`)
        : right(value);
    },
  };
}

export const onlyTrue: Kind<true> = {
  takes: '`true`, or is left out',
  json: { const: true },
  parse: (raw) => (raw === true ? right(true) : undefined),
};

export const flag: Kind<boolean> = {
  takes: '`true` or `false`',
  json: { type: 'boolean' },
  parse: (raw) => (typeof raw === 'boolean' ? right(raw) : undefined),
  references: 'never',
};

/** Any text; numbers, yes and no as they are written. */
export const anyText = (
  charsMax: number,
  check: (raw: string) => Parsed<string> = right,
): Kind<string> => ({
  takes: 'text',
  json: { type: ['string', 'number', 'boolean'] },
  anyText: true,
  parse: (raw) => {
    const written = String(raw);
    return written.length > charsMax
      ? wrong(`this text is longer than ${charsMax} characters`)
      : check(written);
  },
});

/** A variable's value keeps its type. */
export const scalarValue: Kind<Raw> = {
  takes: 'text, a number, `true` or `false`',
  json: { type: ['string', 'number', 'boolean'] },
  anyText: true,
  references: 'never',
  parse: (raw) =>
    typeof raw === 'string' && raw.length > bounds.textCharsMax
      ? wrong(`this text is longer than ${bounds.textCharsMax} characters`)
      : right(raw),
};

/** A text that must be what it is: where `${…}` is not resolved it is refused. */
export const refuseReference = (raw: Raw): Parsed<never> | undefined =>
  typeof raw === 'string' && hasReference(raw)
    ? wrong('`${…}` is not resolved here', 'write the value itself')
    : undefined;
