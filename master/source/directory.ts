// The states in a plain directory, without git: read as they stand now.

import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../../states/faults.ts';
import type { SourceFile, SourceFiles } from './files.ts';
import { linksDeepMax, linkTargets, sourceLimits, statePaths } from './paths.ts';

export async function readDirectory(path: string, folder: string): Promise<SourceFiles> {
  const root = join(path, folder);
  const files = new Map<string, SourceFile>();
  let bytes = 0;
  const add = async (name: string): Promise<void> => {
    const file = await readEntry(root, name);
    if (file === 'folder') {
      if (name.endsWith('.yaml')) files.set(name, { other: 'a folder' });
      for (const entry of await readdir(join(root, name))) await add(`${name}/${entry}`);
    } else if (file !== undefined) {
      files.set(name, file);
      bytes += 'bytes' in file ? file.bytes.length : 0;
      if (bytes > sourceLimits.bytesMax || files.size > sourceLimits.filesMax) throw tooLarge();
    }
  };
  let names = statePaths('');
  for (let depth = 0; depth <= linksDeepMax && names.length > 0; depth += 1) {
    for (const name of names) await add(name);
    names = linkTargets(files);
  }
  return files;
}

async function readEntry(root: string, name: string): Promise<SourceFile | 'folder' | undefined> {
  const path = join(root, name);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return { link: await readlink(path) };
  if (found.isDirectory()) return 'folder';
  if (!found.isFile()) return { other: kindOf(found) };
  if (found.size > sourceLimits.bytesMax) throw tooLarge();
  return { bytes: await readFile(path) };
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return 'a pipe (FIFO)';
  return found.isSocket() ? 'a socket' : 'a device';
}

const tooLarge = (): Error =>
  fault(
    'STATE_INVALID',
    `the states are too large: at most ${sourceLimits.filesMax} files of ${sourceLimits.bytesMax} bytes`,
  );
