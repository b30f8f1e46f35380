import { describe, expect, it } from 'vitest';
import { settling } from '../../../master/services/settling.ts';
import type { HostRecord } from '../../../master/views/hosts.ts';
import type { World } from '../../../protocol/world.ts';

const record = (id: string, more: Partial<HostRecord> = {}): HostRecord => ({
  ...{ id, lastSeen: 1, joinedAt: 1, version: null, labels: {}, facts: {} },
  ...more,
});

function started(records: readonly HostRecord[], linkedAt: Readonly<Record<string, number>>) {
  let now = 0;
  const world: World = {
    now: () => now,
    random: () => 0,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const connected = () => records.map(({ id }) => id).filter((id) => (linkedAt[id] ?? 1e9) <= now);
  const hosts = { all: () => Promise.resolve(records) };
  return { settled: settling({ world, hosts, connected }), now: () => now };
}

describe('after the master has started', () => {
  it('those that were linked are waited for until they are again', async () => {
    const { settled, now } = started([record('web-1'), record('web-2')], {
      'web-1': 0,
      'web-2': 900,
    });
    await settled();
    expect(now()).toBe(900);
    await settled();
    expect(now()).toBe(900);
  });

  it('nobody waits for one whose link had ended before, nor longer than a minion tries', async () => {
    const others = [record('web-8', { lastSeen: null }), record('web-9', { away: true })];
    const away = started([record('web-1'), ...others], { 'web-1': 0 });
    await away.settled();
    expect(away.now()).toBe(0);
    const dead = started([record('web-1')], {});
    await dead.settled();
    expect(dead.now()).toBe(15_000);
    await dead.settled();
    expect(dead.now()).toBe(15_000);
  });
});
