// The sources of every room with what they import, for the rules that are checked over all of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const rooms = ['states', 'protocol', 'master', 'minion', 'test'] as const;
export type Room = (typeof rooms)[number];

export interface Source {
  readonly path: string;
  readonly room: Room;
  readonly text: string;
  /** As written, relative ones resolved from the root: `states/ids.ts`, `node:fs`, `zod`. */
  readonly imports: readonly string[];
}

export function sourcesOf(room: Room): readonly Source[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(room, name);
      const text = readFileSync(join(root, path), 'utf8');
      return { path, room, text, imports: importsIn(text, path) };
    });
}

/** Static, type-only, re-exported and lazy ones. */
export function importsIn(text: string, path: string): readonly string[] {
  const patterns = [/^(?:import|export)\b[^;'"]*?from\s+'([^']+)'/gm, /\bimport\(\s*'([^']+)'/g];
  const named = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name));
  const bare = [...text.matchAll(/^import\s+'([^']+)'/gm)].map(([, name]) => name);
  return [...named, ...bare]
    .filter((name) => name !== undefined)
    .map((name) => (name.startsWith('.') ? join(path, '..', name) : name));
}
