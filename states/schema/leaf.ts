// A kind of value as a zod schema. The same key is read in several ways: as written, where `${…}`
// may stand for what is not known yet, and resolved, where nothing may be left open.

import { z } from 'zod';
import { hasReference } from '../template.ts';
import { refuseReference, type Json, type Kind, type Raw } from './kind.ts';

/**
 * `literal`: no references at all. `written`: those that are left stand for what is not known yet.
 * `resolved`: none are left, and a `${` is just text.
 */
export type Reading = 'literal' | 'written' | 'resolved';

export interface About {
  /** One sentence for who reads the docs or an editor's tooltip. */
  readonly about: string;
  /** What holds where the key is absent, as it would be written. */
  readonly default?: Raw;
}

export interface LeafMeta {
  readonly takes: string;
  readonly json: Json;
  readonly anyText: boolean;
  readonly about: About | undefined;
}

const metas = new WeakMap<object, LeafMeta>();
export const leafMeta = (schema: object): LeafMeta | undefined => metas.get(schema);

/** Takes whatever there is, so that it alone says what is wrong. */
export type Leaf<T> = z.ZodType<T>;

/** Says by a marked issue that the type is wrong; who reports it knows what is written there. */
export const wrongType = { wrongType: true } as const;

export const leaf =
  (reading: Reading) =>
  <T>(kind: Kind<T>, about?: About): Leaf<T> => {
    const schema = z.unknown().transform((raw, context): T => {
      // What is left open is checked again when it is resolved; until then its value is not used.
      if (isOpen(raw, kind, reading)) return z.NEVER;
      const parsed = isRaw(raw) ? parse(raw, kind, reading) : undefined;
      if (parsed?.ok === true) return parsed.value;
      context.addIssue(
        parsed === undefined
          ? { code: 'custom', params: wrongType }
          : { code: 'custom', message: parsed.problem, params: { hint: parsed.hint } },
      );
      return z.NEVER;
    });
    const json = jsonOf(kind, reading);
    metas.set(schema, { takes: kind.takes, json, anyText: kind.anyText === true, about });
    return schema;
  };

const isRaw = (raw: unknown): raw is Raw =>
  typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean';

const isOpen = <T>(raw: unknown, kind: Kind<T>, reading: Reading): boolean =>
  reading === 'written' &&
  kind.references === undefined &&
  typeof raw === 'string' &&
  hasReference(raw);

const parse = <T>(raw: Raw, kind: Kind<T>, reading: Reading) =>
  (mayHold(kind, reading) ? undefined : refuseReference(raw)) ?? kind.parse(raw);

const mayHold = <T>({ references }: Kind<T>, reading: Reading): boolean =>
  references === 'own' || (references === undefined && reading === 'resolved');

function jsonOf<T>(kind: Kind<T>, reading: Reading): Json {
  if (reading === 'literal' || kind.references !== undefined || kind.anyText) return kind.json;
  return { anyOf: [kind.json, { type: 'string', pattern: '\\$\\{' }] };
}
