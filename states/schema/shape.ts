// Maps, lists and maps of names as zod schemas, with what messages and docs say about them.

import { z } from 'zod';
import { bounds } from '../bounds.ts';
import type { Parsed } from '../parsed.ts';

/** A registry of zod's, because it goes on to a schema's refinements. */
const titles = z.registry<{ readonly title: string }>();

/** What a map with fixed keys is called: "a service", "`limits`". */
export const titleOf = (schema: z.core.$ZodType): string | undefined => titles.get(schema)?.title;

export function map<S extends z.core.$ZodLooseShape>(title: string, shape: S) {
  const schema = z.strictObject(shape);
  titles.add(schema, { title });
  return schema;
}

export const list = <T extends z.ZodType>(
  item: T,
  { min = 0, max = bounds.listItemsMax }: { readonly min?: number; readonly max?: number } = {},
) => (min > 0 ? z.array(item).min(min) : z.array(item)).max(max);

export interface Key {
  readonly pattern: string;
  readonly check: (raw: string) => Parsed<string>;
}

/** A map whose keys are names that people give. */
export const keyed = <T extends z.ZodType>(key: Key, value: T) => z.record(keySchema(key), value);

const patterns = new WeakMap<object, string>();
export const keyPattern = (schema: object): string | undefined => patterns.get(schema);

function keySchema({ pattern, check }: Key): z.ZodType<string, string> {
  const schema = z.string().superRefine((raw, context) => {
    const parsed = check(raw);
    if (parsed.ok) return;
    context.addIssue({ code: 'custom', message: parsed.problem, params: { hint: parsed.hint } });
  });
  patterns.set(schema, pattern);
  return schema;
}
