// Whose bridges are made to look sooner, what is written to the kernel, and what minion.yaml says of it.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bridgesAnswer } from '../../minion/engine/bridges.ts';
import { arpRetryMs, minionConfigSchema } from '../../minion/identity.ts';
import { hastenNeighbours } from '../../minion/neighbours.ts';
import { labelKeys } from '../../states/naming.ts';

const ours = { [labelKeys.project]: 'shop' };
const id = 'f3a1b2c4d5e6a7b8c9d0e1f2a3b4c5d6';
const network = { Id: id, Name: 'shop', Driver: 'bridge', Labels: ours, Options: {} };

describe('the bridges of our own networks', () => {
  const found = (...networks: readonly object[]): readonly string[] =>
    bridgesAnswer.parse(networks);

  test('are named after the first twelve characters of the network', () => {
    expect(found(network)).toEqual(['br-f3a1b2c4d5e6']);
  });

  test('or as whoever made the network named them', () => {
    const Options = { 'com.docker.network.bridge.name': 'shop0' };
    expect(found({ ...network, Options })).toEqual(['shop0']);
  });

  test.each([
    ['has no labels', { Labels: null }],
    ['says nothing of labels', { Labels: undefined }],
    ['has labels of others', { Labels: { 'com.docker.compose.project': 'shop' } }],
    ['names no project', { Labels: { [labelKeys.project]: '' } }],
    ['is no bridge', { Driver: 'overlay' }],
    ['has no driver', { Driver: undefined }],
  ])('a network that %s is left out', (_, other) => {
    expect(found({ ...network, ...other }, network)).toEqual(['br-f3a1b2c4d5e6']);
  });

  test('none where Docker has none', () => {
    expect(found()).toEqual([]);
  });
});

describe('what the kernel is told', () => {
  let kernel: string;

  beforeEach(async () => {
    kernel = await mkdtemp(join(tmpdir(), 'brine-neigh-'));
  });
  afterEach(() => rm(kernel, { recursive: true }));

  const setting = (bridge: string): string => join(kernel, bridge, 'retrans_time_ms');
  const bridge = async (name: string, waitMs: number): Promise<void> => {
    await mkdir(join(kernel, name));
    await writeFile(setting(name), `${waitMs}\n`);
  };
  const waitOf = async (name: string): Promise<number> =>
    Number(await readFile(setting(name), 'utf8'));

  /** What was logged on the way. */
  async function hasten(bridges: readonly string[], retryMs: number | undefined): Promise<string> {
    let logged = '';
    const log = pino({ level: 'debug' }, { write: (line: string) => (logged += line) });
    const engine = { ownBridges: () => Promise.resolve(bridges) };
    await hastenNeighbours({ engine, log, retryMs, kernel });
    return logged;
  }

  test('ours look sooner, the others as before', async () => {
    await bridge('br-ours', 1_000);
    await bridge('docker0', 1_000);
    expect(await hasten(['br-ours'], 20)).toBe('');
    expect([await waitOf('br-ours'), await waitOf('docker0')]).toEqual([20, 1_000]);
  });

  test('what looks sooner already is left as it is', async () => {
    await bridge('br-ours', 15);
    await hasten(['br-ours'], 20);
    expect(await readFile(setting('br-ours'), 'utf8')).toBe('15\n');
  });

  test('nothing where minion.yaml says off', async () => {
    await bridge('br-ours', 1_000);
    await hasten(['br-ours'], undefined);
    expect(await waitOf('br-ours')).toBe(1_000);
  });

  test('a network that is gone by then keeps no other from it, and is told', async () => {
    await bridge('br-stays', 1_000);
    expect(await hasten(['br-gone', 'br-stays'], 20)).toContain('br-gone');
    expect(await waitOf('br-stays')).toBe(20);
  });

  test('an Engine that does not answer is told, and nothing more', async () => {
    let logged = '';
    const log = pino({ level: 'debug' }, { write: (line: string) => (logged += line) });
    const engine = { ownBridges: () => Promise.reject(new Error('nobody answers')) };
    await hastenNeighbours({ engine, log, retryMs: 20, kernel });
    expect(logged).toContain('nobody answers');
  });
});

describe('arp_retry of minion.yaml', () => {
  const said = (arp_retry?: unknown): number | undefined =>
    arpRetryMs(
      minionConfigSchema.parse({
        ...{ url: 'wss://master:4505', id: 'web-1' },
        ...(arp_retry !== undefined && { arp_retry }),
      }),
    );

  test('is 20 ms where nothing is said', () => {
    expect(said()).toBe(20);
  });

  test.each([
    ['10ms', 10],
    ['1s', 1_000],
    ['off', undefined],
  ])('%s is taken', (raw, ms) => {
    expect(said(raw)).toBe(ms);
  });

  test.each(['9ms', '0s', 'soon', '', 20, false])('%j is refused', (raw) => {
    expect(() => said(raw)).toThrow(/arp_retry/);
  });
});
