// Where states come from, as it stands in master.yaml: a path of this machine or an address that git
// can fetch. Refuses what git could take for an option or for a program to run.

import { isAbsolute, resolve } from 'node:path';
import { fault } from '../../states/faults.ts';

type Location =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'address'; readonly url: string };

const schemes = ['https', 'http', 'ssh', 'git', 'file'];

/** Relative paths count from `base`. */
export function parseLocation(raw: string, base: string): Location {
  if (raw === '' || hasControls(raw) || raw.startsWith('-')) {
    throw fault('BAD_USAGE', `not a path or address of states: ${JSON.stringify(raw)}`);
  }
  if (/^[a-z0-9+.-]+::/i.test(raw)) {
    throw fault('BAD_USAGE', `states are not fetched through other programs: ${raw}`);
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(raw) ?? [];
  if (scheme !== undefined) {
    if (schemes.includes(scheme.toLowerCase()) && !/^[^:]*:\/\/(?:[^/@]*@)?-/.test(raw)) {
      return { kind: 'address', url: raw };
    }
    throw fault('BAD_USAGE', `states are fetched by ${schemes.join(', ')}, not ${scheme}://`);
  }
  // The short form of ssh: a colon before any slash.
  if (/^[a-z0-9_][a-z0-9_.-]*@[a-z0-9][a-z0-9.-]*:[^-]/i.test(raw))
    return { kind: 'address', url: raw };
  return { kind: 'path', path: isAbsolute(raw) ? raw : resolve(base, raw) };
}

/** A branch, a tag, a full name below refs/, or a commit. */
export function checkRef(raw: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,199}$/.test(raw) && !raw.includes('..')) return raw;
  throw fault('SOURCE_REF', `not the name of a branch, a tag or a commit: ${JSON.stringify(raw)}`);
}

/** A folder inside the repository, `''` for its root; always with a slash behind it otherwise. */
export function checkFolder(raw: string): string {
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || hasControls(raw)) {
    throw fault('BAD_USAGE', `not a folder inside the repository: ${JSON.stringify(raw)}`);
  }
  return parts.map((part) => `${part}/`).join('');
}

const hasControls = (text: string): boolean =>
  [...text].some((character) => character < ' ' || character === '\u007f');
