// Long because every shape in which states can be given, or be wrong, is one case on a real directory or repository.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource, type Snapshot } from '../../../master/source/source.ts';
import { findFiles } from '../../../states/files.ts';

let root: string;
let repository: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brine-source-'));
  repository = join(root, 'states');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const run = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

function write(files: Readonly<Record<string, string>>, at = repository): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  }
}

const states = {
  'brine.yaml': 'project: starfall\n',
  'services/api.yaml': 'image: api\n',
  'environments/beta.yaml': 'hosts: ring=beta\n',
  'versions/beta.yaml': '# ü\n',
  'README.md': 'not a state\n',
};

function commit(message: string, files: Readonly<Record<string, string>>): string {
  write(files);
  run('add', '--all');
  run('commit', '--quiet', '-m', message);
  return run('rev-parse', 'HEAD');
}

function makeRepository(): string {
  mkdirSync(repository, { recursive: true });
  run('init', '--quiet', '--initial-branch=main');
  return commit('Begin\n\nWith a body.', states);
}

const open = (url: string, more: { ref?: string; path?: string } = {}) =>
  openSource({ url, ref: 'main', dir: join(root, 'master'), ...more });

const texts = ({ files }: Snapshot): Record<string, string> =>
  Object.fromEntries(
    [...files].map(([path, file]) => [
      path,
      'link' in file
        ? `-> ${file.link}`
        : 'other' in file
          ? `(${file.other})`
          : Buffer.from(file.bytes).toString(),
    ]),
  );

const stateFiles = Object.fromEntries(
  Object.entries(states).filter(([path]) => path !== 'README.md'),
);

const refused = (code: string, message: RegExp | string) => ({
  data: { code, message: expect.stringMatching(message) as string },
});

describe('a repository of this machine', () => {
  it('is read at the commit of the ref, with the first line of its message', async () => {
    const first = makeRepository();
    const source = open(repository);
    const snapshot = await source.read();
    expect(snapshot).toMatchObject({ commit: first, subject: 'Begin' });
    expect(texts(snapshot)).toEqual(stateFiles);
    expect(await source.read()).toBe(snapshot);
    const second = commit('Change', { 'services/api.yaml': 'image: game\n' });
    const next = await source.read();
    expect(next).toMatchObject({ commit: second, subject: 'Change' });
    expect(texts(next)['services/api.yaml']).toBe('image: game\n');
    expect(source.last).toEqual({ commit: second, error: null });
  });

  it('with changes that are not committed is refused, naming the files', async () => {
    makeRepository();
    write({ 'services/api.yaml': 'image: game\n', 'services/new one.yaml': 'x' });
    const source = open(repository);
    await expect(source.read()).rejects.toMatchObject(
      refused('SOURCE_DIRTY', 'services/api.yaml, services/new one.yaml'),
    );
    expect(source.last.error).toContain('services/api.yaml');
    run('checkout', '--quiet', '--', '.');
    rmSync(join(repository, 'services/new one.yaml'));
    write({ 'README.md': 'changed, and not a state' });
    expect((await source.read()).subject).toBe('Begin');
  });

  it('may be changed on another branch than the one that is applied', async () => {
    const first = makeRepository();
    run('checkout', '--quiet', '-b', 'work');
    commit('Try', { 'services/api.yaml': 'image: game\n' });
    write({ 'services/api.yaml': 'image: other\n' });
    expect(await open(repository).read()).toMatchObject({ commit: first });
    await expect(open(repository, { ref: 'work' }).read()).rejects.toMatchObject(
      refused('SOURCE_DIRTY', 'api'),
    );
  });

  it('is read at a tag, a commit, or a bare repository too', async () => {
    const first = makeRepository();
    run('tag', '-a', 'v1', '-m', 'one');
    commit('Change', { 'services/api.yaml': 'image: game\n' });
    for (const ref of ['v1', first, first.slice(0, 10)]) {
      expect(await open(repository, { ref }).read()).toMatchObject({ commit: first });
    }
    const bare = join(root, 'bare.git');
    run('clone', '--quiet', '--bare', repository, bare);
    expect(await open(bare, { ref: 'v1' }).read()).toMatchObject({ commit: first });
  });

  it('can hold the states in a folder, named by the path or apart', async () => {
    makeRepository();
    commit('Move', { 'deploy/brine.yaml': 'project: inner\n', 'deploy/services/x.yaml': 'a\n' });
    const inner = { 'brine.yaml': 'project: inner\n', 'services/x.yaml': 'a\n' };
    expect(texts(await open(repository, { path: 'deploy' }).read())).toEqual(inner);
    expect(texts(await open(join(repository, 'deploy')).read())).toEqual(inner);
    write({ 'deploy/services/x.yaml': 'b\n' });
    await expect(open(join(repository, 'deploy')).read()).rejects.toMatchObject(
      refused('SOURCE_DIRTY', 'deploy/services/x.yaml'),
    );
    await expect(open(repository).read()).resolves.toMatchObject({ subject: 'Move' });
  });

  it('gives links as links, with the files inside that they lead to', async () => {
    makeRepository();
    symlinkSync('../shared/api.yaml', join(repository, 'services/linked.yaml'));
    symlinkSync('/etc/passwd', join(repository, 'services/away.yaml'));
    symlinkSync('../../../etc/passwd', join(repository, 'services/up.yaml'));
    commit('Link', { 'shared/api.yaml': 'image: shared\n' });
    const links = {
      ...stateFiles,
      'services/linked.yaml': '-> ../shared/api.yaml',
      'services/away.yaml': '-> /etc/passwd',
      'services/up.yaml': '-> ../../../etc/passwd',
      'shared/api.yaml': 'image: shared\n',
    };
    expect(texts(await open(repository).read())).toEqual(links);
    rmSync(join(repository, '.git'), { recursive: true });
    expect(texts(await open(repository).read())).toEqual(links);
  });

  it('without the ref, or without brine.yaml, is told so', async () => {
    makeRepository();
    await expect(open(repository, { ref: 'gone' }).read()).rejects.toMatchObject(
      refused('SOURCE_REF', 'gone'),
    );
    run('rm', '--quiet', 'brine.yaml');
    run('commit', '--quiet', '-m', 'Remove');
    await expect(open(repository).read()).rejects.toMatchObject(
      refused('SOURCE_MISSING', 'no brine.yaml at [0-9a-f]{12}'),
    );
    await expect(open(join(root, 'nowhere')).read()).rejects.toMatchObject(
      refused('SOURCE_MISSING', 'nowhere'),
    );
  });

  it('cannot make git start a program', async () => {
    makeRepository();
    const mark = join(root, 'ran');
    const script = join(root, 'monitor');
    writeFileSync(script, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    run('config', 'core.fsmonitor', script);
    run('status', '--porcelain');
    expect(readdirSync(root)).toContain('ran');
    rmSync(mark);
    await open(repository).read();
    expect(readdirSync(root)).not.toContain('ran');
  });
});

describe('a plain directory', () => {
  it('is read as it stands, without a commit', async () => {
    write(states);
    const source = open(repository);
    const snapshot = await source.read();
    expect(snapshot).toMatchObject({ commit: null, subject: null });
    expect(texts(snapshot)).toEqual(stateFiles);
    write({ 'services/api.yaml': 'image: game\n' });
    expect(texts(await source.read())['services/api.yaml']).toBe('image: game\n');
  });

  it('tells of what is no regular file, and does not wait for a pipe', async () => {
    write(states);
    mkdirSync(join(repository, 'services/empty.yaml'));
    execFileSync('mkfifo', [join(repository, 'services/pipe.yaml')]);
    const socket = createServer().listen(join(repository, 'environments/socket.yaml'));
    await once(socket, 'listening');
    try {
      const { files } = await open(repository).read();
      expect(findFiles(files).diagnostics).toMatchObject([
        { file: 'services/empty.yaml', message: 'this is a folder, not a regular file' },
        { file: 'services/pipe.yaml', message: 'this is a pipe (FIFO), not a regular file' },
        { file: 'environments/socket.yaml', message: 'this is a socket, not a regular file' },
      ]);
    } finally {
      socket.close();
    }
  });
});

describe('a repository elsewhere', () => {
  it('is fetched into a mirror, follows moved branches, and costs no fetch for a known commit', async () => {
    const first = makeRepository();
    const url = `file://${repository}`;
    const source = open(url);
    expect(await source.read()).toMatchObject({ commit: first, subject: 'Begin' });
    const second = commit('Change', { 'services/api.yaml': 'image: game\n' });
    expect(await source.read()).toMatchObject({ commit: second });
    run('commit', '--quiet', '--amend', '-m', 'Change again');
    expect(await source.read()).toMatchObject({ subject: 'Change again' });
    rmSync(repository, { recursive: true });
    await expect(source.read()).rejects.toMatchObject(
      refused('SOURCE_FETCH', 'does not (appear|exist)'),
    );
    expect(await open(url, { ref: first }).read()).toMatchObject({ commit: first });
  });

  it('that cannot be reached is told in the words of git, without the password', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const source = open(`http://ann:hunter2@127.0.0.1:${port}/states.git`);
    const error = await source.read().catch((thrown: unknown) => thrown);
    server.close();
    expect(error).toMatchObject(refused('SOURCE_FETCH', `127.0.0.1:${port}`));
    expect(JSON.stringify([error, source.last])).not.toContain('hunter2');
  });

  it('is fetched anew where a killed fetch left its lock or a broken mirror', async () => {
    const first = makeRepository();
    const source = open(`file://${repository}`);
    await source.read();
    const second = commit('Change', { 'services/api.yaml': 'image: game\n' });
    const mirror = join(root, 'master/states.git');
    writeFileSync(join(mirror, 'refs/heads/main.lock'), '');
    expect(await source.read()).toMatchObject({ commit: second });
    writeFileSync(join(mirror, 'HEAD'), 'broken');
    run('reset', '--quiet', '--hard', first);
    expect(await source.read()).toMatchObject({ commit: first });
  });
});
