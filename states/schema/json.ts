// The schemas of the state files as JSON Schema, for editors; docs/schema/ holds them as files.

import { z } from 'zod';
import { brineSchema } from './brine.ts';
import { environmentSchema } from './environment.ts';
import { leafMeta } from './leaf.ts';
import { makeServiceSchema } from './service.ts';
import { keyPattern, titleOf } from './shape.ts';
import { versionsSchema } from './versions.ts';

export type JsonSchema = Record<string, unknown>;

/** By the name of its file in docs/schema/, without `.json`. */
export const jsonSchemas = (): Readonly<Record<string, JsonSchema>> => ({
  brine: jsonSchema(brineSchema, 'brine.yaml'),
  service: jsonSchema(makeServiceSchema('written'), 'services/<service>.yaml'),
  environment: jsonSchema(environmentSchema, 'environments/<environment>.yaml'),
  versions: jsonSchema(versionsSchema, 'versions/<environment>.yaml'),
});

function jsonSchema(schema: z.ZodType, file: string): JsonSchema {
  const { $schema, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => complete(zodSchema, jsonSchema),
  });
  return { $schema, title: `Brine: ${file}`, ...made };
}

/** What zod cannot know of it: leaves, keys of people's own, names. */
function complete(schema: z.core.$ZodType, json: z.core.JSONSchema.BaseSchema): void {
  const leaf = leafMeta(schema);
  if (leaf !== undefined) {
    const { about } = leaf;
    Object.assign(json, leaf.json, {
      ...(about && { description: about.about }),
      ...(about?.default !== undefined && { default: about.default }),
    });
  }
  const pattern = keyPattern(schema);
  if (pattern !== undefined) json.pattern = pattern;
  if (titleOf(schema) !== undefined && json.type === 'object') {
    json.patternProperties = { '^x-': {} };
  }
}
