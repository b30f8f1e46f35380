// What is read out of a git repository at one commit: its state files, and what the commit says of
// itself. Works on any repository, with or without a working tree.

import { fault } from '../../states/faults.ts';
import { git } from './git.ts';
import type { SourceFile, SourceFiles } from './files.ts';
import { linksDeepMax, linkTargets, sourceLimits, statePaths } from './paths.ts';

export interface Commit {
  readonly commit: string;
  /** The first line of its message. */
  readonly subject: string;
}

/** The commits that names stand for, in order; undefined for a name there is not. */
export async function resolveCommits(
  repository: string,
  names: readonly string[],
): Promise<readonly (Commit | undefined)[]> {
  const commits = await readObjects(
    repository,
    names.map((name) => `${name}^{commit}`),
  );
  return commits.map((object) =>
    object?.type === 'commit'
      ? { commit: object.name, subject: subjectOf(object.bytes.toString()) }
      : undefined,
  );
}

export async function readFiles(
  repository: string,
  { commit, folder }: { readonly commit: string; readonly folder: string },
): Promise<SourceFiles> {
  const files = new Map<string, SourceFile>();
  let paths = statePaths(folder);
  for (let depth = 0; depth <= linksDeepMax && paths.length > 0; depth += 1) {
    const entries = await list(repository, { commit, paths });
    const bytes = await contents(repository, entries);
    entries.forEach(({ link, path }, index) => {
      const content = bytes[index] ?? Buffer.alloc(0);
      const name = path.slice(folder.length);
      files.set(name, link ? { link: content.toString() } : { bytes: content });
    });
    paths = linkTargets(files).map((name) => `${folder}${name}`);
  }
  return files;
}

interface TreeEntry {
  readonly path: string;
  readonly object: string;
  readonly link: boolean;
  readonly size: number;
}

async function list(
  repository: string,
  { commit, paths }: { readonly commit: string; readonly paths: readonly string[] },
): Promise<readonly TreeEntry[]> {
  const args = ['ls-tree', '-r', '-z', '-l', '--full-tree', commit, '--', ...paths];
  const out = await git({ args, cwd: repository });
  const entries = out.toString().split('\0').flatMap(treeEntry);
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  const { bytesMax, filesMax } = sourceLimits;
  if (bytes <= bytesMax && entries.length <= filesMax) return entries;
  throw fault(
    'STATE_INVALID',
    `the states are too large: ${entries.length} files of ${bytes} bytes; at most ${filesMax} of ${bytesMax}`,
  );
}

/** Files and links of a line `mode type object size\tpath`; other repositories inside are not ours. */
function treeEntry(line: string): readonly TreeEntry[] {
  const [, mode, object, size, path] = /^(\d{6}) blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line) ?? [];
  if (mode === undefined || object === undefined || path === undefined) return [];
  return [{ path, object, link: mode === '120000', size: Number(size) }];
}

async function contents(
  repository: string,
  entries: readonly TreeEntry[],
): Promise<readonly Buffer[]> {
  const objects = await readObjects(
    repository,
    entries.map(({ object }) => object),
  );
  return objects.map((object) => {
    if (object === undefined) throw new Error('an object of a tree is missing');
    return object.bytes;
  });
}

interface GitObject {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** What names stand for, in their order; undefined for a name there is not. One question to git. */
export async function readObjects(
  repository: string,
  names: readonly string[],
): Promise<readonly (GitObject | undefined)[]> {
  if (names.length === 0) return [];
  const input = names.map((name) => `${name}\n`).join('');
  const out = await git({ args: ['cat-file', '--batch'], cwd: repository, input });
  return batch(out, names.length);
}

/** The answers of `git cat-file --batch`, in the order asked. */
function batch(out: Buffer, count: number): readonly (GitObject | undefined)[] {
  const objects: (GitObject | undefined)[] = [];
  let at = 0;
  while (objects.length < count) {
    const end = out.indexOf(10, at);
    if (end < 0) throw new Error('git cat-file answered less than it was asked');
    const head = out.toString('utf8', at, end);
    at = end + 1;
    const [, name, type, size] = /^([0-9a-f]{40,64}) ([a-z]+) (\d+)$/.exec(head) ?? [];
    if (name === undefined || type === undefined) {
      objects.push(undefined);
      continue;
    }
    objects.push({ name, type, bytes: out.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return objects;
}

const subjectCharsMax = 200;

function subjectOf(text: string): string {
  const message = text.slice(text.indexOf('\n\n') + 2);
  return (message.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, subjectCharsMax);
}
