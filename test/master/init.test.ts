import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../master/config.ts';
import { initMaster, type MakeIdentity } from '../../master/init.ts';

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brine-init-'));
  dir = join(root, 'deep/master');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes the names it was given, where the real one writes keys and certificates. */
const named: { names: string[] }[] = [];
const makeIdentity: MakeIdentity = async (at, names) => {
  expect(readdirSync(at)).toEqual([]);
  named.push(names);
};

describe('master init', () => {
  it('writes a configuration that start can read, in a directory nobody else can', async () => {
    const made = await initMaster(
      { dir, states: '/srv/states', listen: '10.1.2.3:4505', api: 'off' },
      makeIdentity,
    );
    expect(await readConfig(dir)).toMatchObject({
      states: { url: '/srv/states', ref: 'main', pollMs: 30_000 },
      fleet: {
        listen: { host: '10.1.2.3', port: 4505 },
        address: { host: '10.1.2.3', port: 4505 },
      },
      api: undefined,
    });
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(made.config).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['master.yaml']);
    expect(named.at(-1)?.names).toEqual(expect.arrayContaining(['10.1.2.3', 'localhost']));
    expect(made.next[0]).toBe(`master start --dir ${dir}`);
    expect(made.next.join('\n')).toContain('minion join wss://10.1.2.3:4505');
  });

  it('takes paths from where it runs, and names the machine where it listens everywhere', async () => {
    await initMaster({ dir, states: 'states', path: 'deploy', ref: 'v1' }, makeIdentity);
    expect(await readConfig(dir)).toMatchObject({
      states: { url: join(process.cwd(), 'states'), ref: 'v1', path: 'deploy/', pollMs: 30_000 },
      fleet: {
        listen: { host: '0.0.0.0', port: 4505 },
        address: { host: hostname().toLowerCase(), port: 4505 },
      },
      api: { host: '0.0.0.0', port: 4506 },
    });
    expect(named.at(-1)?.names).toEqual(
      expect.arrayContaining([hostname().toLowerCase(), '127.0.0.1']),
    );
  });

  it('never overwrites a master', async () => {
    await initMaster({ dir, states: '/srv/states' }, makeIdentity);
    const again = initMaster({ dir, states: '/srv/other' }, makeIdentity);
    await expect(again).rejects.toMatchObject({
      data: { code: 'BAD_USAGE', where: join(dir, 'master.yaml') },
    });
    expect((await readConfig(dir)).states.url).toBe('/srv/states');
  });

  it('is not done when the identity could not be made', async () => {
    const broken: MakeIdentity = () => Promise.reject(new Error('no randomness'));
    await expect(initMaster({ dir, states: '/srv/states' }, broken)).rejects.toThrow('randomness');
    await expect(readConfig(dir)).rejects.toMatchObject({ data: { code: 'MASTER_UNSET' } });
    await initMaster({ dir, states: '/srv/states' }, makeIdentity);
  });

  it.each([
    { states: '-x' },
    { states: 'a', ref: '-x' },
    { states: 'a', listen: 'nowhere' },
    { states: 'a', address: '1.2.3.4' },
    { states: 'a', path: '../x' },
    { states: 'a', api: 'on' },
  ])('refuses %j before it makes anything', async (wrong) => {
    await expect(initMaster({ dir, ...wrong }, makeIdentity)).rejects.toMatchObject({
      data: { code: expect.stringMatching(/BAD_USAGE|SOURCE_REF/) as string },
    });
    expect(readdirSync(root)).toEqual([]);
  });

  it('is not kept back by what an attempt that was killed left', async () => {
    rmSync(dir, { recursive: true, force: true });
    const killed: MakeIdentity = async (at) => {
      writeFileSync(join(at, 'master.yaml.new'), 'half');
      await Promise.reject(new Error('killed'));
    };
    await expect(initMaster({ dir, states: '/s' }, killed)).rejects.toThrow('killed');
    await initMaster({ dir, states: '/s' }, async () => undefined);
    expect(readdirSync(dir)).toEqual(['master.yaml']);
  });
});
