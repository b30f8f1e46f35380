// Volumes and binds: `source:target[:ro]`, where the source is a volume's name or a path of the host.

import { posix } from 'node:path';
import { isName } from './ids.ts';
import type { Mount } from './model.ts';
import { quoted, right, wrong, type Parsed } from './parsed.ts';

const hint = 'write name:/path for a volume or /host/path:/path for a bind, with :ro to read only';

/** A volume's `source` is the name as written; the environment's own prefix comes later. */
export function parseVolume(text: string): Parsed<Mount> {
  const [source = '', target, mode = 'rw', ...more] = text.split(':');
  if (target === undefined && source.startsWith('/')) {
    return wrong(`${quoted(text)} names no volume`, `write a name before it, like data:${source}`);
  }
  if (target === undefined || more.length > 0) {
    return wrong(`${quoted(text)} is not a volume`, hint);
  }
  if (mode !== 'ro' && mode !== 'rw') {
    return wrong(`${quoted(text)} has an unknown mode, ${quoted(mode)}`, 'ro or rw');
  }
  const problem = sourceProblem(source) ?? targetProblem(target);
  if (problem !== undefined) return wrong(`${quoted(text)} ${problem}`, hint);
  const type = source.startsWith('/') ? 'bind' : 'volume';
  return right({
    type,
    source: type === 'bind' ? tidy(source) : source,
    target: tidy(target),
    readOnly: mode === 'ro',
  });
}

function sourceProblem(source: string): string | undefined {
  if (source === '') return 'has nothing before the colon';
  if (source.startsWith('/'))
    return climbs(source) ? 'has ".." in the path of the host' : undefined;
  if (/^[.~]|[/\\]/.test(source)) return 'has a path of the host that is not absolute';
  return isName(source)
    ? undefined
    : `has no name of a volume in ${quoted(source)}: 1 to 40 of a-z, 0-9 and -`;
}

function targetProblem(target: string): string | undefined {
  if (!target.startsWith('/')) return 'has a path in the container that is not absolute';
  if (climbs(target)) return 'has ".." in the path in the container';
  return tidy(target) === '/' ? 'would cover the whole container' : undefined;
}

const climbs = (path: string): boolean => path.split('/').includes('..');

const tidy = (path: string): string => posix.normalize(path).replace(/(.)\/$/, '$1');
