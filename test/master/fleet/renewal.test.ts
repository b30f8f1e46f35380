// Certificates that hold for an hour, on both sides of one clock that the test moves: TLS itself has the
// real one, so what is old was made in the past.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMinion } from '../../../minion/identity.ts';
import { renewalAt } from '../../../minion/renewal.ts';
import { makeKey } from '../../../protocol/identity/keys.ts';
import { makeCsr } from '../../../protocol/identity/request.ts';
import { FleetFixture, hostId, until } from './fixture.ts';
import { renewing, type RenewingMinion } from './renewing.ts';

const hourMs = 3_600_000;
let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start({ limits: { certificateMs: hourMs } });
});
afterEach(() => master.close());

/** A host that has joined and links, with what the daemon wires to its link. */
async function start(id: string, random = 0.5): Promise<RenewingMinion> {
  master.skew(-0.7 * hourMs);
  const dir = await master.join(id);
  const world = { now: () => master.world.now(), random: () => random };
  return renewing(master, dir, world);
}

const record = async (id: string) =>
  (await master.store.get(`identities/${id}`))?.value as { next?: object; fingerprint: string };

describe('a certificate', () => {
  it('is due at 50 to 80 % of its life, as chance has it', async () => {
    const { cert } = master.identity(hostId('web-1'), makeKey(), Date.now());
    const [least, most] = [renewalAt(cert, 0), renewalAt(cert, 1)];
    const day = 24 * hourMs;
    expect(Math.round((least - Date.now()) / day)).toBe(45);
    expect(Math.round((most - Date.now()) / day)).toBe(72);
  });

  it('renews itself over the live link, which goes on, and then links anew with it', async () => {
    const { dir, identity, minion, renewal } = await start('web-1');
    renewal.look();
    expect(minion.certificates).toEqual([]);
    master.skew(0);
    renewal.look();
    renewal.look(); // Asked once, however often it is looked at.
    await until(
      'it is renewed',
      () => minion.certificates.length > 0 && renewal.dueAt > master.world.now(),
    );
    expect(minion.welcomes).toHaveLength(1);
    expect(minion.link.linked).toBe(true);
    const renewed = (await readMinion(dir)).identity;
    expect(renewed.cert).toBe(minion.certificates[0]);
    expect(renewed.key).not.toBe(identity.key);
    expect(statSync(pathOf(dir, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(existsSync(pathOf(dir, 'renewed.pem'))).toBe(false);
    const before = await record('web-1');
    expect(before.next).toBeDefined();
    master.fleet.disconnect(hostId('web-1'), 'as a network would');
    await until('it links again', () => minion.welcomes.length === 2);
    await until('the old one ends', () => minion.link.linked);
    const after = await record('web-1');
    expect(after.next).toBeUndefined();
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(await master.raw(identity).ended).toContain('not its own any more');
    const events = await master.eventlog.since(0, {});
    expect(events.filter((each) => each.kind === 'fleet' && each.what === 'renewed')).toMatchObject(
      [{ host: 'web-1', actor: 'minion:web-1', cause: 'renewal' }],
    );
  });

  it('whose answer was lost leaves the old one as good as before', async () => {
    const { identity, minion, renewal } = await start('web-1');
    minion.onCertificate = () => undefined;
    master.skew(0);
    renewal.look();
    await until('the answer is lost', () => minion.certificates.length === 1);
    master.fleet.disconnect(hostId('web-1'), 'as a network would');
    await until('the old one links', () => minion.welcomes.length === 2 && minion.link.linked);
    minion.onCertificate = (certificate) => renewal.answered(certificate);
    master.skew(61_000);
    renewal.look();
    await until('it is renewed', () => renewal.dueAt > master.world.now());
    expect(identity.cert).not.toBe(minion.certificates[1]);
  });

  it('is the one of a host that joins again before it has linked with it', async () => {
    const { dir, renewal } = await start('web-1');
    master.skew(0);
    renewal.look();
    await until('it is renewed', () => renewal.dueAt > master.world.now());
    await master.join('web-1', undefined, dir);
    expect((await record('web-1')).next).toBeUndefined();
  });

  it('that was written down by half is whole at the next start', async () => {
    const { dir, minion, renewal } = await start('web-1');
    master.skew(0);
    renewal.look();
    await until('it is renewed', () => renewal.dueAt > master.world.now());
    const { key, cert } = (await readMinion(dir)).identity;
    // As if the machine had died between the two files.
    writeFileSync(pathOf(dir, 'renewed.pem'), `${key}${cert}`);
    writeFileSync(pathOf(dir, 'cert.pem'), 'of before');
    const again = (await readMinion(dir)).identity;
    expect([again.key, again.cert]).toEqual([key, cert]);
    expect(readFileSync(pathOf(dir, 'cert.pem'), 'utf8')).toBe(minion.certificates[0]);
    expect(existsSync(pathOf(dir, 'renewed.pem'))).toBe(false);
  });

  it('that is not renewed does not carry its link past its end', async () => {
    const { minion } = await start('web-1');
    const held = await start('web-2');
    master.skew(0);
    held.renewal.look();
    await until('one is renewed', () => held.renewal.dueAt > master.world.now());
    master.skew(0.3 * hourMs + 1_000);
    master.fleet.endExpired();
    await until('the other one ends', () => !minion.link.linked);
    expect(held.minion.link.linked).toBe(true);
    expect(master.reasons()).toContain('the certificate has expired and was not renewed');
  });
});

describe('a request to renew', () => {
  it('for another host, or signed by another key, ends the link', async () => {
    for (const csr of [makeCsr(makeKey(), hostId('web-2')), 'no request', '']) {
      const peer = await master.raw(await master.host('web-1')).opened();
      peer.hello();
      await until('it is welcomed', () => peer.received.length > 0);
      peer.say({ type: 'renew', trust: 0, csr });
      expect(await peer.ended).toBe('1000 the request is not signed by its key');
    }
    expect((await record('web-1')).next).toBeUndefined();
  });

  it('again and again ends the link', async () => {
    const peer = await master.raw(await master.host('web-1')).opened();
    peer.hello();
    await until('it is welcomed', () => peer.received.length > 0);
    for (let turn = 0; turn < 11; turn += 1) {
      peer.say({ type: 'renew', trust: 0, csr: makeCsr(makeKey(), hostId('web-1')) });
    }
    expect(await peer.ended).toBe('1000 web-1 renews its certificate too often');
  });

  it('of a host that was revoked meanwhile is refused', async () => {
    const peer = await master.raw(await master.host('web-1')).opened();
    peer.hello();
    await until('it is welcomed', () => peer.received.length > 0);
    const revoked = { ...(await record('web-1')), revoked: { at: 1, actor: 'ann@desk' } };
    await master.store.commit([], [{ put: 'identities/web-1', value: revoked }]);
    peer.say({ type: 'renew', trust: 0, csr: makeCsr(makeKey(), hostId('web-1')) });
    expect(await peer.ended).toBe('1000 web-1 was revoked by a person on the master');
  });

  it('gives nothing to a minion that did not ask', async () => {
    const { dir, renewal } = await start('web-1');
    const before = readFileSync(pathOf(dir, 'cert.pem'), 'utf8');
    await renewal.answered(master.identity(hostId('web-1')).cert);
    expect(readFileSync(pathOf(dir, 'cert.pem'), 'utf8')).toBe(before);
  });
});
