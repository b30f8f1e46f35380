// Why the tests of a file cannot be run on this machine.

import { readFileSync } from 'node:fs';
import { findLocalPlace } from './local-place.ts';
import { missingPrograms, whyNoHosts } from './needs.ts';

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
