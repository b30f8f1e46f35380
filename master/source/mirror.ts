// A repository fetched from elsewhere, kept bare in the master's directory. Only the master writes it,
// so what a killed fetch left behind is cleared away and fetched again.

import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../../states/faults.ts';
import { git, GitError, gitLimits } from './git.ts';
import { resolveCommits } from './objects.ts';

export interface Mirror {
  readonly url: string;
  /** The master's directory. */
  readonly dir: string;
}

export const mirrorPath = ({ dir }: Mirror): string => join(dir, 'states.git');

/** The path of the mirror, holding `ref` as the other side has it now. */
export async function fetchMirror(mirror: Mirror, ref: string): Promise<string> {
  const path = mirrorPath(mirror);
  if (isFullCommit(ref) && (await exists(path))) {
    const [known] = await resolveCommits(path, [ref]);
    if (known !== undefined) return path;
  }
  try {
    await fetchInto(path, mirror.url);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (!isBroken(error)) throw failed(error);
    await rm(path, { recursive: true, force: true });
    await fetchInto(path, mirror.url).catch((again: unknown) => {
      throw again instanceof GitError ? failed(again) : again;
    });
  }
  return path;
}

const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const;

async function fetchInto(path: string, url: string): Promise<void> {
  if (!(await exists(path))) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await git({ args: ['init', '--quiet', '--bare', '.'], cwd: path });
  }
  await git({
    args: [
      ...['-c', 'gc.autoDetach=false', 'fetch', '--quiet', '--force', '--prune', '--no-tags'],
      ...['--no-write-fetch-head', '--no-recurse-submodules', '--', url, ...refspecs],
    ],
    cwd: path,
    deadlineMs: gitLimits.fetchMs,
    transports: 'all',
  });
}

const isFullCommit = (ref: string): boolean => /^[0-9a-f]{40}$/.test(ref);

const exists = async (path: string): Promise<boolean> =>
  (await stat(join(path, 'HEAD')).catch(() => undefined)) !== undefined;

/** What a fetch that was killed can leave: locks, and objects that were not written to their end. */
const isBroken = ({ words }: GitError): boolean =>
  /\.lock'|not a git repository|loose object|bad object|corrupt|packfile/.test(words);

const failed = (error: GitError): Error =>
  fault('SOURCE_FETCH', `git could not fetch the states: ${error.words}`, {}, { cause: error });
