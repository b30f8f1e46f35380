import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  encryptCa,
  makeIdentity,
  openIdentity,
  passphraseVariable,
} from '../../../master/fleet/identity-files.ts';

const names = ['127.0.0.1'];
const words = 'correct horse battery staple';
let dir: string;
const file = (name: string): string => join(dir, name);
const usePassphrase = (text: string): void => {
  writeFileSync(file('words'), text, { mode: 0o600 });
  process.env[passphraseVariable] = file('words');
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-passphrase-'));
  await makeIdentity(dir, { names });
});
afterEach(() => {
  delete process.env[passphraseVariable];
  rmSync(dir, { recursive: true });
});

describe('the key of the authority', () => {
  it('is of no use without its passphrase once it is encrypted, also to openssl', async () => {
    const before = await openIdentity(dir);
    usePassphrase(`${words}\n`);
    expect(await encryptCa(dir)).toBe(file('ca.key.pem'));
    expect(statSync(file('ca.key.pem')).mode & 0o777).toBe(0o600);
    expect(readFileSync(file('ca.key.pem'), 'utf8')).toContain('ENCRYPTED');
    expect((await openIdentity(dir)).digest).toBe(before.digest);
    const read = (phrase: string): number | null =>
      spawnSync('openssl', [
        'pkey',
        '-in',
        file('ca.key.pem'),
        '-noout',
        '-passin',
        `pass:${phrase}`,
      ]).status;
    expect([read(words), read('another')]).toEqual([0, 1]);
    delete process.env[passphraseVariable];
    await expect(openIdentity(dir)).rejects.toMatchObject({
      data: { message: expect.stringContaining(passphraseVariable) as string },
    });
    usePassphrase('not the right one');
    await expect(openIdentity(dir)).rejects.toMatchObject({
      data: { message: 'the passphrase is not the one of this key' },
    });
  });

  it('is not made anew by another init, nor encrypted twice, nor with too little', async () => {
    await expect(encryptCa(dir)).rejects.toMatchObject({ data: { code: 'BAD_USAGE' } });
    usePassphrase('short');
    await expect(encryptCa(dir)).rejects.toThrow('16 characters');
    usePassphrase('');
    await expect(encryptCa(dir)).rejects.toThrow('without a passphrase');
    usePassphrase(words);
    await encryptCa(dir);
    await expect(encryptCa(dir)).rejects.toThrow('already');
    const key = readFileSync(file('ca.key.pem'), 'utf8');
    await makeIdentity(dir, { names });
    expect(readFileSync(file('ca.key.pem'), 'utf8')).toBe(key);
  });
});
