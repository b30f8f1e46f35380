// The master's own commits: one file of versions/ changed on top of what the branch holds, made of
// plain objects so that no working tree is needed, and put in place only where nobody was quicker.

import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import { git, GitError, gitLimits, withoutPassword } from './git.ts';
import { withFile } from './tree.ts';

export interface Change {
  /** Path inside the states, `versions/beta.yaml`. */
  readonly path: string;
  readonly text: string;
  /** What the decision stood on; null where there was no file. A person's edit shows against it. */
  readonly before: string | null;
  /** First line, empty line, body, and the trailers, with `Brine-Promotion: <key>` among them. */
  readonly message: string;
  /** Names the change for ever: the same key is never committed twice. */
  readonly key: string;
}

export type Published =
  /** `stands`: the file says it; false where a later commit has changed it again. */
  | { readonly kind: 'committed'; readonly commit: string; readonly stands: boolean }
  /** A person has changed the file meanwhile; nothing was written. */
  | { readonly kind: 'edited'; readonly commit: string; readonly text: string | null };

/** Where the branch lives and how a commit is put onto it. */
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

const publishLimits = { attempts: 8, waitMs: 100, searched: 2_000 } as const;

export async function publish(branch: Branch, change: Change, world: World): Promise<Published> {
  const soon = branch.remote ? await publishUnasked(branch, change) : undefined;
  if (soon !== undefined) return soon;
  for (let attempt = 0; attempt < publishLimits.attempts; attempt += 1) {
    await branch.refresh();
    const tip = await tipOf(branch);
    const standing = await standingOf(branch, tip, change);
    if (standing !== undefined) return standing;
    const commit = await commitOn(branch, tip, change);
    if (await branch.advance(tip, commit)) return { kind: 'committed', commit, stands: true };
    await world.sleep(publishLimits.waitMs * (1 + world.random()) * 2 ** attempt);
  }
  throw fault(
    'SOURCE_PUSH',
    `others were quicker to push ${publishLimits.attempts} times in a row`,
  );
}

/**
 * On what is known of the branch already: it is put in place only where the branch is still there, which
 * is the rule, and saves a question over the network. Undefined where there is anything to ask about.
 */
async function publishUnasked(branch: Branch, change: Change): Promise<Published | undefined> {
  const tip = await tipOf(branch).catch(() => undefined);
  if (tip === undefined || (await standingOf(branch, tip, change)) !== undefined) return undefined;
  const commit = await commitOn(branch, tip, change);
  return (await branch.advance(tip, commit))
    ? { kind: 'committed', commit, stands: true }
    : undefined;
}

/** Undefined where the change is still to be made. */
async function standingOf(
  branch: Branch,
  tip: string,
  { key, path, text, before }: Change,
): Promise<Published | undefined> {
  const [done, present] = await Promise.all([
    committedAs(branch, tip, key),
    textAt(branch, tip, path),
  ]);
  if (done !== undefined) return { kind: 'committed', commit: done, stands: present === text };
  if (present === text) return { kind: 'committed', commit: tip, stands: true };
  return present === before ? undefined : { kind: 'edited', commit: tip, text: present };
}

async function tipOf({ repository, name }: Branch): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${name}^{commit}`];
  try {
    return (await git({ args, cwd: repository })).toString().trim();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const message = `versions are written to a branch, and there is none named ${name}`;
    throw fault('SOURCE_REF', message, {}, { cause: error });
  }
}

/** The commit that carries the key already: the master died after it was made. */
async function committedAs(
  { repository }: Branch,
  tip: string,
  key: string,
): Promise<string | undefined> {
  const format = '%H %(trailers:key=Brine-Promotion,valueonly,separator=%x2C)';
  const args = ['log', `--max-count=${publishLimits.searched}`, `--format=${format}`];
  const sought = ['--fixed-strings', `--grep=Brine-Promotion: ${key}`, tip, '--'];
  const out = await git({ args: [...args, ...sought], cwd: repository });
  const found = out
    .toString()
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, keys = '']) => keys.split(',').includes(key));
  return found?.[0];
}

async function textAt(branch: Branch, tip: string, path: string): Promise<string | null> {
  const name = `${tip}:${branch.folder}${path}`;
  const out = await git({
    args: ['cat-file', '--batch'],
    cwd: branch.repository,
    input: `${name}\n`,
  });
  const end = out.indexOf(10);
  const [, size] = /^[0-9a-f]+ blob (\d+)$/.exec(out.toString('utf8', 0, end)) ?? [];
  return size === undefined ? null : out.toString('utf8', end + 1, end + 1 + Number(size));
}

async function commitOn(branch: Branch, tip: string, change: Change): Promise<string> {
  const { repository, folder } = branch;
  const call = async (args: readonly string[], input: string): Promise<string> =>
    (await git({ args, cwd: repository, input })).toString().trim();
  const blob = await call(['hash-object', '-w', '--stdin'], change.text);
  const path = `${folder}${change.path}`.split('/');
  const tree = await withFile(repository, { tree: `${tip}^{tree}`, path, blob });
  return call([...author, 'commit-tree', tree, '-p', tip, '-F', '-'], change.message);
}

const author = ['-c', 'user.name=Brine', '-c', 'user.email=brine@localhost'] as const;

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
