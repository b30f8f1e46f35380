// Long because every way in which a remote can refuse or move is one case on real git.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../master/source/publish.ts';
import { Fault } from '../../../states/faults.ts';
import { openSource, type Source } from '../../../master/source/source.ts';

let root: string;
/** Where a person works, and the bare repository that people and the master share. */
let work: string;
let shared: string;

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

function commit(message: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '-m', message);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brine-publish-'));
  work = join(root, 'work');
  shared = join(root, 'shared.git');
  mkdirSync(work);
  git(work, 'init', '--quiet', '--initial-branch=main');
  commit('Begin', {
    'brine.yaml': 'project: starfall\n',
    'services/api.yaml': 'image: api\n',
    'versions/beta.yaml': 'release: one\n',
    'README.md': 'for people\n',
  });
  git(root, 'clone', '--quiet', '--bare', work, shared);
  git(work, 'remote', 'add', 'origin', shared);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const remote = (): Source =>
  openSource({ url: `file://${shared}`, ref: 'main', dir: join(root, 'master') });
const local = (): Source => openSource({ url: work, ref: 'main', dir: join(root, 'master') });

const change = (key: string, more: Partial<Change> = {}): Change => ({
  path: 'versions/beta.yaml',
  text: `release: ${key}\n`,
  before: 'release: one\n',
  message: `Run ${key} in beta\n\nBrine-Promotion: ${key}\nBrine-Actor: master\n`,
  key,
  ...more,
});

const fileAt = (repository: string, path: string): string =>
  git(repository, 'show', `main:${path}`);
const subjects = (repository: string): string[] =>
  git(repository, 'log', '--format=%s', 'main').split('\n');

const faultWith = async (work: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Fault)) throw new Error(`no fault: ${String(error)}`);
  return error.data;
};

describe('a commit to a repository elsewhere', () => {
  it('changes the one file and nothing else, with its trailers', async () => {
    const done = await remote().publish(change('p1'));
    expect(done).toEqual({
      ...{ kind: 'committed', commit: git(shared, 'rev-parse', 'main'), stands: true },
      onto: git(shared, 'rev-parse', 'main~1'),
    });
    expect(git(shared, 'show', '--name-only', '--format=%an|%s', 'main').split('\n')).toEqual([
      'Brine|Run p1 in beta',
      '',
      'versions/beta.yaml',
    ]);
    expect(fileAt(shared, 'versions/beta.yaml')).toBe('release: p1');
    expect(git(shared, 'log', '-1', '--format=%(trailers:only)', 'main')).toContain(
      'Brine-Promotion: p1',
    );
  });

  it('makes files and folders that are not there yet', async () => {
    const more = { path: 'versions/eu/gamma.yaml', before: null };
    await remote().publish(change('p1', more));
    expect(fileAt(shared, 'versions/eu/gamma.yaml')).toBe('release: p1');
    expect(fileAt(shared, 'README.md')).toBe('for people');
  });

  it('is made once, however often it is asked for', async () => {
    const first = await remote().publish(change('p1'));
    const again = await remote().publish(change('p1'));
    expect(again).toEqual({ ...first, onto: null });
    expect(subjects(shared)).toEqual(['Run p1 in beta', 'Begin']);
    // A key that only begins alike is another one.
    await remote().publish(change('p', { before: 'release: p1\n' }));
    expect(subjects(shared)[0]).toBe('Run p in beta');
  });

  it('is known without a look at the repository, to the letter as it is there', async () => {
    const source = remote();
    await source.read();
    const done = await source.publish(change('p1'));
    if (done.kind !== 'committed') throw new Error(done.kind);
    const known = await source.readAt(done.commit);
    const other = openSource({ url: `file://${shared}`, ref: 'main', dir: join(root, 'other') });
    expect(known).toEqual(await other.read());
    // The next look finds the same, and what people have pushed since.
    expect((await source.read()).files).toBe(known.files);
    git(work, 'pull', '--quiet', '--rebase', 'origin', 'main');
    commit('Raise a limit', { 'services/api.yaml': 'image: api\nretain: 5\n' });
    git(work, 'push', '--quiet', 'origin', 'main');
    expect(await source.read()).toEqual(await other.read());
  });

  it('into a folder that was a link is read from git', async () => {
    symlinkSync('real', join(work, 'environments'));
    commit('A link', { 'real/beta.yaml': 'hosts: all\n' });
    git(work, 'push', '--quiet', 'origin', 'main');
    const source = remote();
    await source.read();
    const done = await source.publish(change('p1', { path: 'environments/b.yaml', before: null }));
    if (done.kind !== 'committed') throw new Error(done.kind);
    const other = openSource({ url: `file://${shared}`, ref: 'main', dir: join(root, 'other') });
    expect(await source.readAt(done.commit)).toEqual(await other.read());
  });

  it('comes on top of what people push at the same time', async () => {
    const source = remote();
    await source.read();
    commit('Raise a limit', { 'services/api.yaml': 'image: api\nretain: 5\n' });
    git(work, 'push', '--quiet', 'origin', 'main');
    await source.publish(change('p1'));
    expect(subjects(shared)).toEqual(['Run p1 in beta', 'Raise a limit', 'Begin']);
    expect(fileAt(shared, 'services/api.yaml')).toContain('retain: 5');
  });

  it('writes nothing over what a person wrote into the file meanwhile', async () => {
    commit('Run two', { 'versions/beta.yaml': 'release: two\n' });
    git(work, 'push', '--quiet', 'origin', 'main');
    const done = await remote().publish(change('p1'));
    expect(done).toEqual({
      kind: 'edited',
      commit: git(work, 'rev-parse', 'main'),
      text: 'release: two\n',
    });
    expect(subjects(shared)).toEqual(['Run two', 'Begin']);
  });

  it('goes on after people forced the branch to something else', async () => {
    const source = remote();
    await source.publish(change('p1'));
    git(work, 'commit', '--quiet', '--amend', '-m', 'Begin anew');
    git(work, 'push', '--quiet', '--force', 'origin', 'main');
    await source.publish(change('p2'));
    expect(subjects(shared)).toEqual(['Run p2 in beta', 'Begin anew']);
  });

  it('never brings back what people took off the branch since it was fetched', async () => {
    const source = remote();
    commit('Raise a limit', { 'services/api.yaml': 'image: api\nretain: 5\n' });
    git(work, 'push', '--quiet', 'origin', 'main');
    await source.publish(change('p1'));
    // What is known here is ahead of the branch now, so that a plain push would go through.
    git(work, 'push', '--quiet', '--force', 'origin', 'HEAD~1:main');
    expect(await source.publish(change('p2'))).toMatchObject({ kind: 'committed', stands: true });
    expect(subjects(shared)).toEqual(['Run p2 in beta', 'Begin']);
    git(shared, 'update-ref', '-d', 'refs/heads/main');
    const gone = await faultWith(source.publish(change('p3', { before: 'release: p2\n' })));
    expect(gone.code).toBe('SOURCE_REF');
    expect(git(shared, 'branch', '--list')).toBe('');
  });

  it('lets two masters of one branch both have their turn', async () => {
    const other = openSource({ url: `file://${shared}`, ref: 'main', dir: join(root, 'other') });
    const gamma = { path: 'versions/gamma.yaml', before: null };
    await Promise.all([remote().publish(change('p1')), other.publish(change('p2', gamma))]);
    expect(subjects(shared).sort()).toEqual(['Begin', 'Run p1 in beta', 'Run p2 in beta']);
  });

  it('says in the words of the other side why it was refused', async () => {
    const hook = join(shared, 'hooks/pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "main is frozen until Monday" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const { code, message } = await faultWith(remote().publish(change('p1')));
    expect(code).toBe('SOURCE_PUSH');
    expect(message).toContain('main is frozen until Monday');
    expect(subjects(shared)).toEqual(['Begin']);
  });

  it('tells a repository that cannot be reached from one that refuses', async () => {
    const source = remote();
    await source.read();
    rmSync(shared, { recursive: true });
    await expect(source.publish(change('p1'))).rejects.toMatchObject({
      data: { code: 'SOURCE_FETCH' },
    });
  });
});

describe('a commit to a repository of this machine', () => {
  it('moves the branch, and the working tree with it', async () => {
    await local().publish(change('p1'));
    expect(readFileSync(join(work, 'versions/beta.yaml'), 'utf8')).toBe('release: p1\n');
    expect(git(work, 'status', '--porcelain')).toBe('');
    expect((await local().read()).subject).toBe('Run p1 in beta');
  });

  it('leaves what a person is working on as it is', async () => {
    writeFileSync(join(work, 'README.md'), 'half a sentence');
    writeFileSync(join(work, 'notes.txt'), 'new');
    await local().publish(change('p1'));
    expect(readFileSync(join(work, 'README.md'), 'utf8')).toBe('half a sentence');
    expect(git(work, 'status', '--porcelain').split('\n').sort()).toEqual([
      '?? notes.txt',
      'M README.md',
    ]);
  });

  it('is refused where a person has changed the same file and not committed it', async () => {
    writeFileSync(join(work, 'versions/beta.yaml'), 'release: mine\n');
    const { code, message } = await faultWith(local().publish(change('p1')));
    expect(code).toBe('SOURCE_PUSH');
    expect(message).toContain('working tree');
    expect(readFileSync(join(work, 'versions/beta.yaml'), 'utf8')).toBe('release: mine\n');
    expect(subjects(work)).toEqual(['Begin']);
  });

  it('is finished by the next try when the master died half-way', async () => {
    // What is left when it dies between the files and the branch.
    writeFileSync(join(work, 'versions/beta.yaml'), 'release: p1\n');
    git(work, 'add', 'versions/beta.yaml');
    await local().publish(change('p1'));
    expect(git(work, 'status', '--porcelain')).toBe('');
    expect(subjects(work)).toEqual(['Run p1 in beta', 'Begin']);
  });

  it('works without a working tree, and on a branch that is not checked out', async () => {
    const bare = openSource({ url: shared, ref: 'main', dir: join(root, 'master') });
    await bare.publish(change('p1'));
    expect(fileAt(shared, 'versions/beta.yaml')).toBe('release: p1');
    git(work, 'checkout', '--quiet', '-b', 'elsewhere');
    await local().publish(change('p2'));
    expect(fileAt(work, 'versions/beta.yaml')).toBe('release: p2');
    expect(readFileSync(join(work, 'versions/beta.yaml'), 'utf8')).toBe('release: one\n');
  });

  it('leaves no branch, no index and no file behind that was not there', async () => {
    const listed = () =>
      [git(work, 'for-each-ref'), readdirSync(join(work, '.git')).sort()] as const;
    const [, before] = listed();
    await local().publish(change('p1'));
    const [refs, files] = listed();
    expect(refs.split('\n')).toHaveLength(1);
    expect(files).toEqual(before);
  });

  it('needs a branch, and a repository', async () => {
    git(work, 'tag', 'v1');
    const tag = openSource({ url: work, ref: 'v1', dir: join(root, 'master') });
    await expect(tag.publish(change('p1'))).rejects.toMatchObject({ data: { code: 'SOURCE_REF' } });
    const plain = openSource({ url: root, ref: 'main', dir: join(root, 'master') });
    await expect(plain.publish(change('p1'))).rejects.toMatchObject({
      data: { code: 'SOURCE_MISSING' },
    });
  });
});
