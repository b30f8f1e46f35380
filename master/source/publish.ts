// The master's own commits: one file of versions/ changed on top of what the branch holds, made of
// plain objects so that no working tree is needed, and put in place only where nobody was quicker.

import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { Branch } from './branch.ts';
import { makeCommit } from './commit.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';

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
  /**
   * `stands`: the file says it; false where a later commit has changed it again. `onto`: the commit
   * that it was made on just now; null where it was there already.
   */
  | {
      readonly kind: 'committed';
      readonly commit: string;
      readonly stands: boolean;
      readonly onto: string | null;
    }
  /** A person has changed the file meanwhile; nothing was written. */
  | { readonly kind: 'edited'; readonly commit: string; readonly text: string | null };

const publishLimits = { attempts: 8, waitMs: 100, searched: 2_000 } as const;

export async function publish(branch: Branch, change: Change, world: World): Promise<Published> {
  const soon = branch.remote ? await publishUnasked(branch, change, world) : undefined;
  if (soon !== undefined) return soon;
  for (let attempt = 0; attempt < publishLimits.attempts; attempt += 1) {
    await branch.refresh();
    const { tip, standing } = await standingOf(branch, change);
    if (standing !== undefined) return standing;
    const done = await commitOnto(branch, tip, { ...change, at: world.now() });
    if (done !== undefined) return done;
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
async function publishUnasked(
  branch: Branch,
  change: Change,
  world: World,
): Promise<Published | undefined> {
  const known = await standingOf(branch, change).catch(() => undefined);
  if (known === undefined || known.standing !== undefined) return undefined;
  return commitOnto(branch, known.tip, { ...change, at: world.now() });
}

interface Standing {
  readonly tip: string;
  /** Undefined where the change is still to be made. */
  readonly standing: Published | undefined;
}

async function standingOf(branch: Branch, change: Change): Promise<Standing> {
  const { key, path, text, before } = change;
  const { tip, present } = await tipOf(branch, path);
  const answer = (standing: Published | undefined): Standing => ({ tip, standing });
  const done = await committedAs(branch, tip, key);
  if (done !== undefined) {
    return answer({ kind: 'committed', commit: done, stands: present === text, onto: null });
  }
  if (present === text) {
    return answer({ kind: 'committed', commit: tip, stands: true, onto: null });
  }
  return answer(present === before ? undefined : { kind: 'edited', commit: tip, text: present });
}

/** The branch's newest commit and what the file says there, asked of git at once. */
async function tipOf(
  branch: Branch,
  path: string,
): Promise<{ readonly tip: string; readonly present: string | null }> {
  const { repository, name, folder } = branch;
  const ref = `refs/heads/${name}`;
  const names = [`${ref}^{commit}`, `${ref}:${folder}${path}`, `${ref}^{commit}`];
  const [tip, file, still] = await readObjects(repository, names);
  if (tip === undefined) {
    const message = `versions are written to a branch, and there is none named ${name}`;
    throw fault('SOURCE_REF', message);
  }
  // Somebody moved it between the answers, which then belong to no single commit.
  if (tip.name !== still?.name) return tipOf(branch, path);
  return { tip: tip.name, present: file?.type === 'blob' ? file.bytes.toString() : null };
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

/** Undefined where the branch is not at `tip` any more. */
async function commitOnto(
  branch: Branch,
  tip: string,
  { text, message, path, at }: Change & { readonly at: number },
): Promise<Published | undefined> {
  const { repository, folder } = branch;
  const made = { parent: tip, path: `${folder}${path}`, text, message, at };
  const commit = await makeCommit(repository, made);
  const done = await branch.advance(tip, commit);
  return done ? { kind: 'committed', commit, stands: true, onto: tip } : undefined;
}
