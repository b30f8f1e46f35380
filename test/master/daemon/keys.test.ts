// The verbs `master keys` and `master ca` as people type them, on a whole master with hosts that ask.

import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeysView } from '../../../master/api/key-contract.ts';
import { join } from '../../../minion/join.ts';
import { digestText } from '../../../protocol/identity/keys.ts';
import { realWorld } from '../../../protocol/world.ts';
import { runMaster } from '../cli/answers.ts';
import { MasterFixture } from './fixture.ts';

let master: MasterFixture;
beforeEach(async () => {
  master = await MasterFixture.start();
  master.want({ version: 1 });
});
afterEach(() => master.close());

const say = (...words: readonly string[]) => runMaster([...words, '--dir', master.masterDir]).done;
const keys = (): Promise<KeysView> => master.client.get<KeysView>('/v1/keys');

/** Asks to be let in; resolves with the key that it shows, and later with the rest. */
async function asks(id: string) {
  const { ca } = await keys();
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    realWorld.sleep(ms / 100, signal);
  let joined!: ReturnType<typeof join>;
  const key = await new Promise<string>((resolve, reject) => {
    joined = join({
      ...{ url: master.daemon.addresses.fleet, id, dir: pathOf(master.dir, id), caDigest: ca },
      world: { ...realWorld, sleep },
      onWaiting: (waiting) => {
        resolve(waiting.key);
      },
    });
    joined.catch(reject);
  });
  return { joined, key };
}

it('shows who asks, and lets in, turns away, revokes and forgets by pattern', async () => {
  const [one, two, other] = [await asks('web-1'), await asks('web-2'), await asks('db-1')];
  const listed = await say('keys', 'list');
  expect(listed.out).toContain(`CA:  ${digestText((await keys()).ca)}\n`);
  for (const { key } of [one, two, other]) expect(listed.out).toContain(digestText(key));
  const accepted = await say('keys', 'accept', 'web-*', '--label', 'role=web', '--yes');
  expect([accepted.code, accepted.out]).toEqual([
    0,
    `web-1: accepted  ${digestText(one.key)}\nweb-2: accepted  ${digestText(two.key)}\n`,
  ]);
  expect((await one.joined).labels).toEqual({ role: 'web' });
  await two.joined;
  expect((await say('keys', 'reject', 'db-1', '--yes')).code).toBe(0);
  await expect(other.joined).rejects.toThrow('said no');
  // A pattern does not bring back who was turned away; the name does.
  const nobody = await say('keys', 'accept', '*', '--yes');
  expect([nobody.code, nobody.err]).toEqual([
    1,
    expect.stringContaining('nobody to accept matches *: db-1 is rejected'),
  ]);
  expect((await say('keys', 'accept', 'db-1', '--yes')).code).toBe(0);
  await say('keys', 'revoke', 'web-2', '--yes');
  for (const [verdict, id, is] of [
    ['accept', 'web-1', 'accepted'],
    ['revoke', 'web-2', 'revoked'],
  ] as const) {
    const again = await say('keys', verdict, id, '--yes');
    expect([again.code, again.out, again.err]).toEqual([0, `${id}: is ${is} already\n`, '']);
  }
  const states = (await keys()).keys.map(({ id, state }) => `${id} ${state}`);
  expect(states).toEqual(['db-1 accepted', 'web-1 accepted', 'web-2 revoked']);
  expect((await say('keys', 'delete', '*', '--yes')).code).toBe(0);
  expect((await keys()).keys).toEqual([]);
  expect((await master.status()).hosts.total).toBe(0);
  const events = await say('events', '--json');
  for (const what of ['asked', 'accepted', 'rejected', 'revoked', 'removed']) {
    expect(events.out).toContain(`"what":"${what}"`);
  }
});

it('records who revoked a token, as it records who made it', async () => {
  const made = await say('token', 'create', '--label', 'role=web');
  expect(made.code).toBe(0);
  const { tokens } = JSON.parse((await say('token', 'list', '--json')).out) as {
    tokens: { id: string }[];
  };
  expect((await say('token', 'revoke', tokens[0]?.id ?? '')).code).toBe(0);
  const told = await master.client.get<{ events: { kind: string; what: string; actor: string }[] }>(
    '/v1/events',
  );
  const [created, revoked] = told.events.filter(({ kind }) => kind === 'token');
  expect([created?.what, revoked?.what]).toEqual(['created', 'revoked']);
  expect(revoked?.actor).toBe(created?.actor);
  expect(revoked?.actor).not.toContain('unknown');
});

it('changes the authority where nobody has to follow, and says what it is now', async () => {
  const before = (await keys()).ca;
  const rotated = await say('ca', 'rotate');
  expect(rotated.code).toBe(0);
  await expect.poll(async () => (await keys()).ca).not.toBe(before);
  const { ca, rotation } = await keys();
  expect(rotation).toBeNull();
  const again = await say('ca', 'rotate', '--finish');
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('no change is under way')]);
  expect((await say('keys')).out).toContain(digestText(ca));
});
