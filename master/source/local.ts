// A path of this machine: whether it is a git repository, and whether its state files have changes
// that are not committed.

import { stat } from 'node:fs/promises';
import { fault } from '../../states/faults.ts';
import { git, GitError } from './git.ts';

export interface LocalRepository {
  readonly workTree: boolean;
  /** The path's own place in the repository: `''`, or with a slash behind it. */
  readonly folder: string;
}

/** Undefined for a plain directory. */
export async function localRepository(path: string): Promise<LocalRepository | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw fault('SOURCE_MISSING', `there is no directory ${path}`);
  }
  try {
    const args = ['rev-parse', '--is-inside-work-tree', '--show-prefix'];
    const [workTree, folder = ''] = (await git({ args, cwd: path })).toString().split('\n');
    return { workTree: workTree === 'true', folder };
  } catch (error) {
    if (error instanceof GitError && error.words.includes('not a git repository')) return undefined;
    throw error;
  }
}

/** State files that differ from the commit checked out, or that git does not know yet. */
export async function changedFiles(
  path: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const args = ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--no-renames'];
  const inside = paths.map((each) => `:(top)${each}`);
  const out = await git({ args: [...args, '--', ...inside], cwd: path });
  return out
    .toString()
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.slice(3));
}

const namedMax = 10;

export function refuseChanges(changed: readonly string[], path: string): void {
  if (changed.length === 0) return;
  const more = changed.length > namedMax ? ` and ${changed.length - namedMax} more` : '';
  const names = `${changed.slice(0, namedMax).join(', ')}${more}`;
  throw fault('SOURCE_DIRTY', `changes that are not committed: ${names}`, { where: path });
}
