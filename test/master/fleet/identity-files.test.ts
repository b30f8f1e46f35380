import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeIdentity, openIdentity } from '../../../master/fleet/identity-files.ts';
import { createCa } from '../../../protocol/identity/authority.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'brine-identity-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const dayMs = 86_400_000;
const now = Date.now();
const names = ['master.example.com', '10.1.2.3', '::1', '2001:db8::5'];
const file = (name: string): string => readFileSync(join(dir, name), 'utf8');
const server = (): X509Certificate => new X509Certificate(file('server.pem'));

describe('a master’s identity', () => {
  it('is made once, its keys readable to their owner alone', async () => {
    const made = await makeIdentity(dir, { names, now });
    expect(readdirSync(dir).sort()).toEqual([
      ...['ca.key.pem', 'ca.pem', 'server.key.pem', 'server.pem'],
      'signing.key.pem',
    ]);
    for (const name of ['ca.key.pem', 'server.key.pem']) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    }
    expect(await openIdentity(dir, { names, now })).toMatchObject({
      ...{ ca: made.ca, digest: made.digest, server: made.server },
    });
  });

  it('that a killed attempt has left half is completed', async () => {
    const { key } = createCa(now);
    writeFileSync(join(dir, 'ca.key.pem'), key, { mode: 0o644 });
    writeFileSync(join(dir, 'ca.pem.new'), 'half');
    const first = await makeIdentity(dir, { names, now });
    expect(statSync(join(dir, 'ca.key.pem')).mode & 0o777).toBe(0o600);
    rmSync(join(dir, 'server.pem'));
    const second = await makeIdentity(dir, { names, now });
    expect(second.digest).toBe(first.digest);
    expect(second.server.key).toBe(first.server.key);
  });

  it('is not there, or does not belong together: that is told', async () => {
    await expect(openIdentity(dir)).rejects.toMatchObject({ data: { code: 'MASTER_UNSET' } });
    await makeIdentity(dir, { names, now });
    writeFileSync(join(dir, 'ca.key.pem'), createCa(now).key);
    await expect(openIdentity(dir)).rejects.toMatchObject({
      data: { code: 'BAD_USAGE', where: dir },
    });
  });
});

describe('the server’s certificate', () => {
  const serialAfter = async (options: Parameters<typeof openIdentity>[1]): Promise<string> => {
    await openIdentity(dir, options);
    return server().serialNumber;
  };

  it('stays while it holds, and is made anew with the same key when it does not', async () => {
    await makeIdentity(dir, { names, now });
    const { serialNumber } = server();
    const key = file('server.key.pem');
    expect(await serialAfter({ names, now: now + 200 * dayMs })).toBe(serialNumber);
    expect(await serialAfter({ now })).toBe(serialNumber);
    expect(await serialAfter({ names: names.slice(1), now })).toBe(serialNumber);

    const renamed = await serialAfter({ names: [...names, 'new.example.com'], now });
    expect(renamed).not.toBe(serialNumber);
    expect(server().checkHost('new.example.com')).toBe('new.example.com');
    const late = now + 300 * dayMs;
    expect(await serialAfter({ now: late })).not.toBe(renamed);
    expect(server().validToDate.getTime()).toBeGreaterThan(late + 360 * dayMs);
    // Names were not said, so it holds for those it held for.
    for (const name of ['new.example.com', 'master.example.com']) {
      expect(server().checkHost(name)).toBe(name);
    }
    for (const ip of ['10.1.2.3', '::1', '2001:db8::5']) expect(server().checkIP(ip)).toBe(ip);
    expect(file('server.key.pem')).toBe(key);
  });

  it('of another authority, or to another key, is replaced', async () => {
    await makeIdentity(dir, { names, now });
    const before = server().serialNumber;
    writeFileSync(join(dir, 'server.key.pem'), createCa(now).key);
    const second = await serialAfter({ names, now });
    expect(second).not.toBe(before);
    rmSync(join(dir, 'ca.pem'));
    await makeIdentity(dir, { names, now });
    expect(server().serialNumber).not.toBe(second);
    expect(server().verify(new X509Certificate(file('ca.pem')).publicKey)).toBe(true);
  });
});
