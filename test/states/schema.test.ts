import { describe, expect, it } from 'vitest';
import { bounds } from '../../states/bounds.ts';
import { limits } from '../../protocol/limits.ts';
import { makeSchema, schemaNames, writtenSchema } from '../rules/schemas.ts';

describe('docs/schema/', () => {
  it.each(schemaNames)('%s.json is what validates the states', async (name) => {
    expect(await writtenSchema(name)).toBe(await makeSchema(name));
  });
});

describe('the bounds of the language', () => {
  it('are within those of the wire', () => {
    expect(bounds.containersPerHostMax).toBeLessThanOrEqual(limits.containersPerStateMax);
    expect(bounds.stateCharsMax).toBeLessThan(limits.frameBytesMax);
  });
});
