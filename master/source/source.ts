// The states at this moment: from a repository of this machine, from one fetched into a mirror, or
// from a plain directory. What was read of a commit is kept, as commits do not change.

import { realWorld, type World } from '../../protocol/world.ts';
import { fault, type Fault } from '../../states/faults.ts';
import { readDirectory } from './directory.ts';
import type { SourceFiles } from './files.ts';
import { GitError, withoutPassword } from './git.ts';
import { changedFiles, localRepository, refuseChanges, type LocalRepository } from './local.ts';
import { checkFolder, checkRef, parseLocation } from './location.ts';
import { fetchMirror, mirrorPath, type Mirror } from './mirror.ts';
import { readFiles, resolveCommits, type Commit } from './objects.ts';
import { statePaths } from './paths.ts';
import { lastChange, type Changed } from './changes.ts';
import { localBranch, remoteBranch, type Branch } from './branch.ts';
import { publish, type Change, type Published } from './publish.ts';

interface SourceOptions {
  readonly url: string;
  readonly ref: string;
  /** A folder inside the repository or the directory. */
  readonly path?: string;
  /** Where the mirror of a fetched repository is kept. */
  readonly dir: string;
}

export interface Snapshot {
  readonly files: SourceFiles;
  /** Null for a plain directory. */
  readonly commit: string | null;
  readonly subject: string | null;
}

export interface Source {
  /** Throws a Fault SOURCE_*; what runs is not touched by that. */
  read(): Promise<Snapshot>;
  /**
   * The master's own commit to the branch, pushed where the states are fetched. Throws a Fault
   * SOURCE_*; SOURCE_PUSH where the repository does not take it.
   */
  publish(change: Change): Promise<Published>;
  /** As they were at a commit; asks nobody where it is known here already. */
  readAt(commit: string): Promise<Snapshot>;
  /** The commit that last changed a file, seen from `commit`. */
  lastChange(path: string, commit: string): Promise<Changed | undefined>;
  /** How the newest read ended, for who only wants to look. */
  readonly last: { readonly commit: string | null; readonly error: string | null };
}

export function openSource(options: SourceOptions, world: World = realWorld): Source {
  const location = parseLocation(options.url, options.dir);
  const wanted = { ref: checkRef(options.ref), folder: checkFolder(options.path ?? '') };
  const known: Known = { newest: undefined, local: undefined };
  let last: Source['last'] = { commit: null, error: null };
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time: reading and writing share the mirror and what is known of it. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  };

  const readOnce = async (): Promise<Snapshot> => {
    try {
      const snapshot =
        location.kind === 'path'
          ? await readPath(location.path, wanted, known)
          : await readFetched({ url: location.url, dir: options.dir }, wanted, known);
      last = { commit: snapshot.commit, error: null };
      return snapshot;
    } catch (error) {
      known.local = undefined;
      const told = asFault(error, withoutPassword(options.url));
      last = { ...last, error: told.message };
      throw told;
    }
  };

  return {
    get last() {
      return last;
    },
    read: () => inTurn(readOnce),
    readAt: (commit) =>
      inTurn(async () => {
        try {
          const { newest } = known;
          if (location.kind !== 'path' && newest?.snapshot.commit === commit)
            return newest.snapshot;
          const at = { ref: checkRef(commit), folder: wanted.folder };
          const alone: Known = { newest, local: known.local };
          return location.kind === 'path'
            ? await readPath(location.path, at, alone)
            : await readFetched({ url: location.url, dir: options.dir }, at, alone);
        } catch (error) {
          throw asFault(error, withoutPassword(options.url));
        }
      }),
    lastChange: (path, commit) =>
      inTurn(async () => {
        const local = location.kind === 'path' ? await localRepository(location.path) : undefined;
        const repository = location.kind === 'path' ? location.path : mirrorPath(options);
        const name = `${local?.folder ?? ''}${wanted.folder}${path}`;
        return lastChange(repository, { path: name, commit });
      }),
    publish: (change) =>
      inTurn(async () => {
        try {
          const branch = await branchOf(location, options, wanted);
          const done = await publish(branch, change, world);
          known.newest = withOwn(known.newest, change, done) ?? known.newest;
          return done;
        } catch (error) {
          throw asFault(error, withoutPassword(options.url));
        }
      }),
  };
}

async function branchOf(
  location: ReturnType<typeof parseLocation>,
  options: SourceOptions,
  { ref, folder }: Wanted,
): Promise<Branch> {
  const name = ref.replace(/^refs\/heads\//, '');
  if (location.kind === 'path') {
    const { path } = location;
    const local = await localRepository(path);
    if (local === undefined) {
      const message = 'a plain directory keeps no versions; promotion needs a git repository';
      throw fault('SOURCE_MISSING', message, { where: path });
    }
    const whole = `${local.folder}${folder}`;
    return localBranch({ path, name, folder: whole, workTree: local.workTree });
  }
  const mirror = { url: location.url, dir: options.dir };
  const fetch = (): Promise<string> => fetchMirror(mirror, name);
  return remoteBranch({ mirror: mirrorPath(mirror), url: location.url, name, folder, fetch });
}

interface Wanted {
  readonly ref: string;
  readonly folder: string;
}

/** The snapshot read last; asked for again far more often than any other. */
interface Known {
  /** What a path was found to be; asked anew after any failure. */
  local: LocalRepository | undefined;
  newest: { readonly folder: string; readonly snapshot: Snapshot } | undefined;
}

async function readPath(path: string, wanted: Wanted, known: Known): Promise<Snapshot> {
  const local = known.local ?? (await localRepository(path));
  known.local = local;
  if (local === undefined) {
    const files = await readDirectory(path, wanted.folder);
    return complete({ files, commit: null, subject: null }, path);
  }
  const folder = `${local.folder}${wanted.folder}`;
  const [[found, head], changed] = await Promise.all([
    resolveCommits(path, [wanted.ref, 'HEAD']),
    local.workTree ? changedFiles(path, statePaths(folder)) : [],
  ]);
  if (found === undefined) throw noRef(wanted.ref, path);
  // Only what is checked out can have changes; another branch is as it was committed.
  if (found.commit === head?.commit) refuseChanges(changed, path);
  return atCommit(path, { ...found, folder }, known);
}

async function readFetched(mirror: Mirror, wanted: Wanted, known: Known): Promise<Snapshot> {
  const path = await fetchMirror(mirror, wanted.ref);
  const [found] = await resolveCommits(path, [wanted.ref]);
  if (found === undefined) throw noRef(wanted.ref, withoutPassword(mirror.url));
  return atCommit(path, { ...found, folder: wanted.folder }, known);
}

async function atCommit(
  path: string,
  at: Commit & { readonly folder: string },
  known: Known,
): Promise<Snapshot> {
  const { commit, subject, folder } = at;
  const { newest } = known;
  if (newest?.snapshot.commit === commit && newest.folder === folder) return newest.snapshot;
  const files = await readFiles(path, { commit, folder });
  const snapshot = complete({ files, commit, subject }, path);
  known.newest = { folder, snapshot };
  return snapshot;
}

/** What the master itself has just changed need not be read again: all else is as it was before. */
function withOwn(
  newest: Known['newest'],
  { path, text, message }: Change,
  done: Published,
): Known['newest'] {
  if (newest === undefined || done.kind === 'edited' || done.onto === null) return undefined;
  const { folder, snapshot } = newest;
  const present = snapshot.files.get(path);
  // Where a link or anything else but a file stood, git knows best what came of it.
  const plain = (present === undefined || 'bytes' in present) && !standsIn(snapshot.files, path);
  if (snapshot.commit !== done.onto || !plain) return undefined;
  const files = new Map([...snapshot.files, [path, { bytes: Buffer.from(text) }]]);
  const [subject = ''] = message.split('\n', 1);
  return { folder, snapshot: { files, commit: done.commit, subject } };
}

/** Whether one of the folders of a path is something else than a folder. */
const standsIn = (files: SourceFiles, path: string): boolean =>
  [...path.matchAll(/\//g)].some(({ index }) => files.has(path.slice(0, index)));

function complete(snapshot: Snapshot, where: string): Snapshot {
  if (snapshot.files.has('brine.yaml')) return snapshot;
  const at = snapshot.commit === null ? '' : ` at ${snapshot.commit.slice(0, 12)}`;
  throw fault('SOURCE_MISSING', `there is no brine.yaml${at}`, { where: withoutPassword(where) });
}

const noRef = (ref: string, where: string): Fault =>
  fault('SOURCE_REF', `the repository has no branch, tag or commit ${ref}`, { where });

/** A repository that git itself cannot read is as good as missing. */
function asFault(error: unknown, where: string): Error {
  if (error instanceof GitError) {
    return fault(
      'SOURCE_MISSING',
      `git cannot read the states: ${error.words}`,
      { where },
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
