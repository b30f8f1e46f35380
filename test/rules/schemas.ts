// Makes the files of docs/schema/ out of the schemas that validate the states; run by hand it writes
// them: `node test/rules/schemas.ts`.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { jsonSchemas } from '../../states/schema/json.ts';

const folder = join(import.meta.dirname, '../../docs/schema');

export const schemaNames = Object.keys(jsonSchemas());

export const makeSchema = (name: string): Promise<string> =>
  format(JSON.stringify(jsonSchemas()[name]), { parser: 'json', printWidth: 100 });

export const writtenSchema = (name: string): Promise<string> => readFile(pathOf(name), 'utf8');

const pathOf = (name: string): string => join(folder, `${name}.json`);

if (import.meta.main) {
  await mkdir(folder, { recursive: true });
  for (const name of schemaNames) await writeFile(pathOf(name), await makeSchema(name));
}
