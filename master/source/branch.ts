// Where the branch of the versions lives, and how a commit is put onto it: in place in a repository of
// this machine, or by a push to one elsewhere. Never over what somebody else has put there meanwhile.

import { fault } from '../../states/faults.ts';
import { git, GitError, gitLimits, withoutPassword } from './git.ts';

export interface Branch {
  /** The repository that git works in: the states themselves, or their mirror. */
  readonly repository: string;
  readonly name: string;
  /** `''`, or the states' folder with a slash behind it. */
  readonly folder: string;
  /** Whether it lives elsewhere, so that to refresh is to ask over the network. */
  readonly remote: boolean;
  /** Brings the newest state of the branch into the repository. */
  refresh(): Promise<void>;
  /** Answers false when the branch is not at `from` any more, wherever else it is. */
  advance(from: string, to: string): Promise<boolean>;
}

/** A repository of this machine: the branch is moved in place, and the working tree follows it. */
export function localBranch(options: {
  readonly path: string;
  readonly name: string;
  readonly folder: string;
  readonly workTree: boolean;
}): Branch {
  const { path, name, folder, workTree } = options;
  return {
    repository: path,
    name,
    folder,
    remote: false,
    refresh: () => Promise.resolve(),
    advance: async (from, to) => {
      // The files first: should we die in between, the same commit is made and put in place again.
      if (workTree && (await isCheckedOut(path, name))) {
        await inWords(git({ args: ['read-tree', '-m', '-u', from, to], cwd: await topOf(path) }));
      }
      const args = ['update-ref', '-m', 'brine: versions', `refs/heads/${name}`, to, from];
      return git({ args, cwd: path }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof GitError && /cannot lock ref/.test(error.words)) return false;
          throw error;
        },
      );
    },
  };
}

async function isCheckedOut(path: string, name: string): Promise<boolean> {
  const args = ['symbolic-ref', '--quiet', 'HEAD'];
  const head = await git({ args, cwd: path }).catch(() => Buffer.alloc(0));
  return head.toString().trim() === `refs/heads/${name}`;
}

const topOf = async (path: string): Promise<string> =>
  (await git({ args: ['rev-parse', '--show-toplevel'], cwd: path })).toString().trim();

/** A repository elsewhere: made in the mirror, and pushed onto what it was made on. */
export function remoteBranch(options: {
  readonly mirror: string;
  readonly url: string;
  readonly name: string;
  readonly folder: string;
  readonly fetch: () => Promise<unknown>;
}): Branch {
  const { mirror, url, name, folder } = options;
  return {
    repository: mirror,
    name,
    folder,
    remote: true,
    refresh: async () => void (await options.fetch()),
    advance: async (from, to) => {
      const ref = `refs/heads/${name}`;
      // Never a push that rewrites: `to` comes after `from`, and nothing but `from` is replaced.
      const only = `--force-with-lease=${ref}:${from}`;
      const args = ['push', '--porcelain', only, '--', url, `${to}:${ref}`];
      try {
        await git({ args, cwd: mirror, deadlineMs: gitLimits.fetchMs, transports: 'all' });
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        return refusedPush(error);
      }
      // Known here without a fetch; where that fails, the next one finds it.
      await git({ args: ['update-ref', ref, to], cwd: mirror }).catch(() => undefined);
      return true;
    },
  };
}

/** False where the branch has moved on; throws where the other side does not want the commit. */
function refusedPush(error: GitError): false {
  const [, state, why = ''] = /^!\t\S+\t\[([a-z ]+)\] ?\(?(.*?)\)?$/m.exec(error.out) ?? [];
  if (state === 'rejected') return false;
  if (state === undefined) {
    throw fault(
      'SOURCE_FETCH',
      `git could not push the versions: ${error.words}`,
      {},
      { cause: error },
    );
  }
  // Two that push at once: the one that comes second is told so by the other side's lock.
  if (/cannot lock ref|failed to update ref|incorrect old value/.test(`${why}${error.words}`)) {
    return false;
  }
  const remote = withoutPassword(error.words)
    .replace(/error: failed to push.*$/, '')
    .trim();
  const words = [why, remote].filter((part) => part !== '').join('; ');
  throw fault('SOURCE_PUSH', `the repository refuses the commit: ${words}`, {}, { cause: error });
}

async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const message = `the working tree stands in the way: ${error.words}`;
    throw fault('SOURCE_PUSH', message, {}, { cause: error });
  }
}
