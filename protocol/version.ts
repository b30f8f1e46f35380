// The version of this package, from the one place it is written: package.json, one level up from the
// sources and two from what is built.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function version(): string {
  for (const up of ['../..', '..']) {
    try {
      const text = readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8');
      const found = JSON.parse(text) as { name?: string; version?: string };
      if (found.name === 'brine' && found.version !== undefined) return found.version;
    } catch {
      continue;
    }
  }
  throw new Error('package.json of brine is missing');
}
