// Walks zod schemas: what stands at a path, which keys a map knows, and what an override of it may be.

import { z } from 'zod';
import { map, titleOf } from './shape.ts';

type Schema = z.core.$ZodType;

/** Without the marks that say a key may be absent or null. */
export function bare(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return bare(schema.unwrap());
  }
  if (schema instanceof z.ZodExactOptional) return bare(schema.unwrap());
  // A map with a last step behind it, not a leaf: those are read by their own transformation.
  return schema instanceof z.ZodPipe && schema.in instanceof z.ZodObject ? schema.in : schema;
}

/** Undefined where the path leads to nothing the schema knows. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let at: Schema | undefined = bare(schema);
  for (const step of path) {
    at = at === undefined ? undefined : below(at, step);
    if (at === undefined) return undefined;
    at = bare(at);
  }
  return at;
}

function below(schema: Schema, step: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, Schema>> = schema.shape;
    return Object.hasOwn(shape, step) ? shape[String(step)] : undefined;
  }
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (!(schema instanceof z.ZodUnion)) return undefined;
  return schema.options.map((option) => below(bare(option), step)).find(Boolean);
}

export const keysOf = (schema: Schema | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

/** The same keys, but each may be absent, and null takes away those that may. */
export function overrideOf(schema: Schema): z.ZodType {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    const entries = Object.entries<Schema>(inner.shape).map(([key, schema]) => {
      const over = overrideOf(schema);
      const may = schema instanceof z.ZodExactOptional;
      const override = (may ? over.nullable() : over).exactOptional();
      const about = z.globalRegistry.get(schema)?.description;
      return [key, about === undefined ? override : override.describe(about)] as const;
    });
    return map(titleOf(inner) ?? 'this map', Object.fromEntries(entries));
  }
  if (inner instanceof z.ZodRecord) {
    const value = overrideOf(inner.valueType).nullable();
    return z.record(inner.keyType as z.ZodType<string, string>, value);
  }
  if (inner instanceof z.ZodType) return inner;
  throw new Error('a schema that was not made by zod itself');
}
