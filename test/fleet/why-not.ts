// Why the tests of a file cannot be run on this machine.

import { readFileSync } from 'node:fs';
import { findLocalPlace } from './local-place.ts';
import { find, missingPrograms, whyNoHosts } from './needs.ts';

/** Of those that a file says it needs with `runsWith`; undefined where all are there. */
export function missingFor(path: string): string | undefined {
  const [, named = ''] = /runsWith\(([^)]*)\)/.exec(readFileSync(path, 'utf8')) ?? [];
  const programs = [...named.matchAll(/'([^']+)'/g)].map(([, program = '']) => program);
  const missing = programs.filter((program) => find(program) === undefined);
  return missing.length === 0 ? undefined : `missing here: ${missing.join(', ')}`;
}

/** Undefined where they can. What a file needs is told by what it stands on. */
export function whyNot(path: string): string | undefined {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('/needs.test.ts')) return undefined;
  if (text.includes("from './registry-process.ts'")) {
    const missing = missingPrograms().some(({ program }) => program === 'docker-registry');
    return missing ? 'missing here: docker-registry' : undefined;
  }
  const noHosts = whyNoHosts();
  if (noHosts === undefined) return undefined;
  if (!/from '\.\/(one|minion)-host\.ts'/.test(text)) return `needs hosts of its own: ${noHosts}`;
  const place = findLocalPlace();
  return typeof place === 'string'
    ? `needs a host of its own (${noHosts}), or: ${place}`
    : undefined;
}
