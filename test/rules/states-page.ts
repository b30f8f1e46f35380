// Makes the tables of docs/states.md out of the schemas that validate the states; run by hand it
// writes the page: `node test/rules/states-page.ts`.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { brineSchema } from '../../states/schema/brine.ts';
import { environmentSchema } from '../../states/schema/environment.ts';
import { leafMeta } from '../../states/schema/leaf.ts';
import { makeServiceSchema } from '../../states/schema/service.ts';
import { versionsSchema } from '../../states/schema/versions.ts';
import { bare } from '../../states/schema/walk.ts';

const page = join(import.meta.dirname, '../../docs/states.md');
const mark =
  '<!-- what follows comes from the schemas; `node test/rules/states-page.ts` writes it -->';

export const writtenPage = (): Promise<string> => readFile(page, 'utf8');

/** What is written by hand above the mark, and every key of every file below it. */
export async function statesPage(): Promise<string> {
  const [written = ''] = (await writtenPage()).split(mark);
  const files: readonly (readonly [string, z.core.$ZodType])[] = [
    ['brine.yaml', brineSchema],
    ['services/<service>.yaml', makeServiceSchema('written')],
    ['environments/<environment>.yaml', environmentSchema],
    ['versions/<environment>.yaml', versionsSchema],
  ];
  const tables = files.map(([file, schema]) => `### \`${file}\`\n\n${table(schema)}\n`);
  return `${written}${mark}\n\n${tables.join('\n')}`;
}

function table(schema: z.core.$ZodType): string {
  const head = ['| key | takes | default | |', '|---|---|---|---|'];
  return [...head, ...rows(schema, '').map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

type Row = readonly [string, string, string, string];

function rows(schema: z.core.$ZodType, before: string): readonly Row[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodRecord) return rows(inner.valueType, `${before}<name>.`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries<z.core.$ZodType>(inner.shape).flatMap(([key, value]) => {
    const name = `${before}${key}`;
    const leaf = leafMeta(bare(value));
    const about = leaf?.about?.about ?? z.globalRegistry.get(value)?.description ?? '';
    const optional = value instanceof z.ZodExactOptional;
    const standard = leaf?.about?.default;
    const shown = standard === undefined ? (optional ? '' : 'must be there') : `\`${standard}\``;
    const row: Row = [`\`${name}\``, takes(value), shown, about];
    // What can be overridden are all keys of a service; they stand in its own table.
    const below = name === 'services' ? [] : rows(value, `${name}.`);
    return [row.map(escaped) as unknown as Row, ...below];
  });
}

function takes(schema: z.core.$ZodType): string {
  const inner = bare(schema);
  const leaf = leafMeta(inner);
  if (leaf !== undefined) return leaf.takes;
  if (inner instanceof z.ZodArray) return `list of: ${takes(inner.element)}`;
  if (inner instanceof z.ZodUnion) return inner.options.map(takes).join(', or ');
  if (!(inner instanceof z.ZodRecord)) return 'map';
  const value = takes(inner.valueType);
  return value === 'map' ? 'map by name' : `map by name of: ${value}`;
}

const escaped = (cell: string): string => cell.replaceAll('|', '\\|');

if (import.meta.main) await writeFile(page, await statesPage());
