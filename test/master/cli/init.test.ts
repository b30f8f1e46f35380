// `master init` looks at the states before it makes anything.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runMaster } from './answers.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brine-cli-init-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const init = (states: string, ...more: readonly string[]) =>
  runMaster([
    ...['init', '--states', states, '--dir', join(root, 'master')],
    ...['--listen', '127.0.0.1:4505', '--api', 'off', ...more],
  ]).done;

it.each([
  ['/nowhere/states', 1, 'there is no directory /nowhere/states'],
  ['file:///nowhere/states', 5, 'git could not fetch the states'],
])('refuses states that are not there: %s', async (states, code, words) => {
  const ran = await init(states);
  expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(words)]);
  expect(existsSync(join(root, 'master'))).toBe(false);
});

it('takes a repository that is still empty, and says so', async () => {
  const states = join(root, 'states');
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', states]);
  const ran = await init(states);
  expect(ran.code).toBe(0);
  expect(ran.err).toContain('The states cannot be read yet: the repository has no branch');
  expect(ran.out).toContain('master start');
});

it.each([
  ['off', 'served on the socket of this machine only', null],
  ['127.0.0.1:4599', 'will connect to 127.0.0.1:4599, over TLS', '127.0.0.1:4599'],
  [undefined, 'will connect to 127.0.0.1:4506, over TLS', '127.0.0.1:4506'],
])('says where people and CI will connect to: %s', async (api, words, endpoint) => {
  mkdirSync(join(root, 'states'));
  writeFileSync(join(root, 'states/brine.yaml'), 'project: starfall\n');
  const set = (name: string, ...more: readonly string[]) =>
    runMaster([
      ...['init', '--states', join(root, 'states'), '--dir', join(root, name)],
      ...['--listen', '127.0.0.1:4505', ...(api === undefined ? [] : ['--api', api]), ...more],
    ]).done;
  const { code, out } = await set('master');
  expect([code, out.replace(/\s+/g, ' ')]).toEqual([0, expect.stringContaining(words)]);
  const written = JSON.parse((await set('other', '--json')).out) as { api: string | null };
  expect(written.api).toBe(endpoint);
});

it('says of a second time what was set up, and what to do', async () => {
  mkdirSync(join(root, 'states'));
  writeFileSync(join(root, 'states/brine.yaml'), 'project: starfall\n');
  expect(await init(join(root, 'states'))).toMatchObject({ code: 0, err: '' });
  const again = await init('/nowhere');
  expect(again.code).toBe(1);
  expect(again.err.replace(/\s+/g, ' ')).toContain(
    `set up here already, for the states in ${join(root, 'states')}: begin with \`master start\``,
  );
});
