import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { git } from '../../../master/source/git.ts';
import { checkFolder, checkRef, parseLocation } from '../../../master/source/location.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brine-git-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('git itself', () => {
  it('is ended with all it started when it takes too long', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const args = ['ls-remote', `http://127.0.0.1:${port}/states.git`];
    await expect(
      git({ args, cwd: root, deadlineMs: 300, transports: 'all' }),
    ).rejects.toMatchObject({ words: 'no end within 0.3 s' });
    server.close();
  });

  it('runs no transport that could be a program', async () => {
    const mark = join(root, 'ran');
    const args = ['ls-remote', `ext::touch ${mark}`];
    await expect(git({ args, cwd: root, transports: 'all' })).rejects.toMatchObject({
      words: expect.stringContaining("'ext' not allowed") as string,
    });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('what master.yaml may name', () => {
  it.each([
    ['../states', { kind: 'path', path: '/etc/states' }],
    ['/srv/states', { kind: 'path', path: '/srv/states' }],
    ['https://example.com/states.git', { kind: 'address', url: 'https://example.com/states.git' }],
    ['git@example.com:a/states.git', { kind: 'address', url: 'git@example.com:a/states.git' }],
  ])('%s is understood', (raw, location) => {
    expect(parseLocation(raw, '/etc/brine')).toEqual(location);
  });

  it.each([
    '-u',
    '--upload-pack=x',
    'ext::sh -c x',
    'fd::3',
    'ftp://x/y',
    'ssh://-oProxy=x/y',
    'a\nb',
    '',
  ])('the address %j is refused', (raw) => {
    expect(() => parseLocation(raw, '/')).toThrow();
  });

  it.each(['-x', '--all', 'a..b', 'a b', 'main^{tree}', 'HEAD:x', ''])(
    'the ref %j is refused',
    (raw) => {
      expect(() => checkRef(raw)).toThrow();
    },
  );

  it('a folder stays inside', () => {
    expect(checkFolder('')).toBe('');
    expect(checkFolder('./deploy//beta/')).toBe('deploy/beta/');
    expect(() => checkFolder('a/../..')).toThrow();
  });
});
