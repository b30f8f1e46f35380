// Paths into JSON, as tests write them: `status`, `db.pools[0].size`, with or without `$.` before it.

import { quoted, right, wrong, type Parsed } from './parsed.ts';

export type JsonPath = readonly (string | number)[];

const hint = 'write it like `status`, or `db.pools[0].size`';
const pathPattern = /^[^.[\]]+(?:\[\d{1,9}\])*(?:\.[^.[\]]+(?:\[\d{1,9}\])*)*$/;

export function parseJsonPath(raw: string): Parsed<JsonPath> {
  const path = raw.replace(/^\$\.?/, '');
  const rest = path.startsWith('[') ? path.replace(/^(?:\[\d{1,9}\])+\.?/, '') : path;
  if (path === '' || (rest !== '' && !pathPattern.test(rest))) {
    return wrong(`${quoted(raw)} is not a path into JSON`, hint);
  }
  const steps = path.match(/[^.[\]]+|\[\d+\]/g) ?? [];
  return right(steps.map((step) => (step.startsWith('[') ? Number(step.slice(1, -1)) : step)));
}

/** Undefined where there is nothing. */
export function atPath(value: unknown, path: JsonPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}
