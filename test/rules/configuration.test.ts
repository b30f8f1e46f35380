// docs/configuration.md names exactly the keys that the files of master and minion may have.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { masterConfigSchema } from '../../master/config.ts';
import { minionConfigSchema } from '../../minion/identity.ts';
import { root } from './sources.ts';

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
}

function keysOf({ properties, additionalProperties }: Shape, before = ''): readonly string[] {
  const named = Object.entries(properties ?? {});
  const any = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const inner = [...named, ...(any === undefined ? [] : [['<name>', any] as const])];
  if (inner.length === 0) return [before];
  return inner.flatMap(([key, shape]) => keysOf(shape, before === '' ? key : `${before}.${key}`));
}

it.each([
  ['master.yaml', masterConfigSchema],
  ['minion.yaml', minionConfigSchema],
])('docs/configuration.md lists exactly the keys of %s', (file, schema) => {
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const [, section = ''] = page.split(`## \`${file}\`\n`);
  const [own = ''] = section.split('\n## ');
  const listed = [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key);
  const known = keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape);
  expect(listed.toSorted()).toEqual(known.toSorted());
});
