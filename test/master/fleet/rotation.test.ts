// The authority's key is changed under hosts that are linked, away, and too late.
// Long because one change is followed from its beginning to its end, also where it is cut off.

import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  encryptCa,
  openIdentity,
  passphraseVariable,
} from '../../../master/fleet/identity-files.ts';
import { readMinion, type Identity } from '../../../minion/identity.ts';
import { join } from '../../../minion/join.ts';
import { makeSigningKey, signTrust } from '../../../protocol/identity/signing.ts';
import { FleetFixture, hostId, until } from './fixture.ts';
import { renewing, type RenewingMinion } from './renewing.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
afterEach(async () => {
  delete process.env[passphraseVariable];
  await master.close();
});

const actor = 'ann@desk';
const events = async (): Promise<string[]> =>
  (await master.eventlog.since(0, {})).flatMap((event) =>
    event.kind === 'fleet' && event.what.startsWith('rotat')
      ? [`${event.what} by ${event.actor}`]
      : [],
  );

const start = (dir: string): Promise<RenewingMinion> => renewing(master, dir);

const isOf = (identity: Identity, ca: string): boolean => {
  const [caFile, certFile] = [pathOf(master.dir, 'x.ca'), pathOf(master.dir, 'x.cert')];
  writeFileSync(caFile, ca);
  writeFileSync(certFile, identity.cert);
  return spawnSync('openssl', ['verify', '-CAfile', caFile, certFile]).status === 0;
};

describe('a change of the authority’s key', () => {
  it('is followed by hosts that are linked, over links that go on, and ends by itself', async () => {
    const first = master.fleet.identity.ca;
    const domain = master.fleet.identity.authority.domain;
    const minions = [
      await start(await master.join('web-1')),
      await start(await master.join('web-2')),
    ];
    await master.fleet.rotateCa(actor, false);
    await until('it has ended', () => master.fleet.identity.ca !== first);
    const { ca, authority } = master.fleet.identity;
    expect(authority.domain).toBe(domain);
    expect(await master.fleet.rotation()).toBeUndefined();
    expect(await events()).toEqual([`rotating by ${actor}`, 'rotated by master']);
    expect(statSync(pathOf(master.dir, 'ca.key.pem')).mode & 0o777).toBe(0o600);
    for (const { dir, minion } of minions) {
      expect(minion.welcomes).toHaveLength(1);
      await expect.poll(async () => (await readMinion(dir)).identity.ca).not.toContain(first);
      const { identity } = await readMinion(dir);
      expect(identity.ca).toContain(ca);
      expect([isOf(identity, ca), isOf(identity, first)]).toEqual([true, false]);
    }
    // From here on there is only the new one, on both sides.
    master.fleet.disconnect(hostId('web-1'), 'as a network would');
    await until('it links anew', () => minions[0]?.minion.welcomes.length === 2);
    await master.join('web-3');
  });

  it('waits for a host that is away, and takes it along when it is back', async () => {
    const first = master.fleet.identity.ca;
    const away = await master.join('web-1');
    const here = await start(await master.join('web-2'));
    await master.fleet.rotateCa(actor, false);
    await until('one follows', () => here.minion.certificates.length === 1);
    expect(await master.fleet.rotation()).toEqual(['web-1']);
    expect(master.fleet.identity.ca).toBe(first);
    await master.join('web-4');
    await start(pathOf(master.dir, 'minion-web-4'));
    const back = await start(away);
    await until('it has ended', () => master.fleet.identity.ca !== first);
    expect(back.minion.link.linked).toBe(true);
  });

  it('can be ended without a host, which has to join again', async () => {
    const away = await master.join('web-1');
    const first = master.fleet.identity.ca;
    await expect(master.fleet.rotateCa(actor, true)).rejects.toThrow('no change is under way');
    await master.fleet.rotateCa(actor, false);
    await expect(master.fleet.rotateCa(actor, false)).rejects.toThrow('under way already');
    await master.fleet.rotateCa(actor, true);
    expect(master.fleet.identity.ca).not.toBe(first);
    const late = master.link((await readMinion(away)).identity);
    await until('it says why', () => master.reasons().includes('is not our master'));
    expect(late.link.linked).toBe(false);
    await master.join('web-1', undefined, away);
    expect((await start(away)).minion.link.linked).toBe(true);
  });

  it('goes on after the master was killed, at whatever point of it', async () => {
    const dir = await master.join('web-1');
    await master.fleet.rotateCa(actor, false);
    const { next } = master.fleet.identity;
    await master.fleet.close();
    // As if it had died between the two files of the new authority's taking over.
    renameSync(pathOf(master.dir, 'ca.next.key.pem'), pathOf(master.dir, 'ca.key.pem'));
    const opened = await openIdentity(master.dir, { names: ['127.0.0.1'] });
    expect([opened.digest, opened.next]).toEqual([next?.digest, undefined]);
    await master.listen();
    expect(master.fleet.identity.digest).toBe(next?.digest);
    expect((await readMinion(dir)).config.id).toBe('web-1');
  });

  it('keeps the key encrypted where it was', async () => {
    writeFileSync(pathOf(master.dir, 'words'), 'correct horse battery staple', { mode: 0o600 });
    process.env[passphraseVariable] = pathOf(master.dir, 'words');
    await encryptCa(master.dir);
    await master.fleet.rotateCa(actor, false);
    await until('it has ended', () => master.fleet.identity.next === undefined);
    expect(readFileSync(pathOf(master.dir, 'ca.key.pem'), 'utf8')).toContain('ENCRYPTED');
  });

  it('lets no key be encrypted that is about to be replaced by one that is not', async () => {
    await master.join('web-1');
    await master.fleet.rotateCa(actor, false);
    writeFileSync(pathOf(master.dir, 'words'), 'correct horse battery staple', { mode: 0o600 });
    process.env[passphraseVariable] = pathOf(master.dir, 'words');
    await expect(encryptCa(master.dir)).rejects.toThrow('being changed');
    await master.fleet.rotateCa(actor, true);
    await encryptCa(master.dir);
    expect(readFileSync(pathOf(master.dir, 'ca.key.pem'), 'utf8')).toContain('ENCRYPTED');
  });

  it('cannot be told by anybody but the master', async () => {
    const { dir, renewal } = await start(await master.join('web-1'));
    const before = (await readMinion(dir)).identity.ca;
    const { ca, signing } = master.fleet.identity;
    const other = await FleetFixture.start();
    const strange = other.fleet.identity.ca;
    await other.close();
    const trust = (pem: string, serial: number) => ({ ca: pem, serial });
    const signed = (pem: string, serial: number, key = signing) => ({
      ...{ ...trust(pem, serial), signature: signTrust(key, trust(pem, serial)) },
    });
    await renewal.trust(signed(ca + ca, 5, makeSigningKey()));
    await renewal.trust({ ...signed(ca, 5), serial: 6 });
    await renewal.trust({ ...signed(ca, 5), ca: ca + ca });
    await renewal.trust(signed(ca + strange, 5)); // Of another domain, whoever signed it.
    await renewal.trust(signed('', 5));
    await renewal.trust(signed(ca, 0));
    expect((await readMinion(dir)).identity.ca).toBe(before);
    await renewal.trust(signed(ca, 5));
    await renewal.trust(signed(ca + ca, 4)); // Older than what is known.
    expect((await readMinion(dir)).identity.ca).toBe(`# trust 5\n${ca}`);
  });

  it('leaves tokens of before without a use, and says so', async () => {
    const token = await master.token();
    await master.fleet.rotateCa(actor, false);
    await until('it has ended', () => master.fleet.identity.next === undefined);
    const asked = { url: master.url, token, id: 'web-1', dir: pathOf(master.dir, 'new') };
    await expect(join(asked)).rejects.toMatchObject({ data: { code: 'JOIN_CA' } });
  });
});
