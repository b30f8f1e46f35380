import { describe, expect, it } from 'vitest';
import { Pulse } from '../../protocol/pulse.ts';
import type { World } from '../../protocol/world.ts';

/** Sleeps until the test says so, and says how long it was asked to. */
class HeldWorld implements World {
  readonly asked: number[] = [];
  #wake: () => void = () => undefined;
  now = (): number => 0;
  random = (): number => 0;
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.asked.push(ms);
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    });
  }
  async beat(times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      this.#wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const heart = (pulse: Pulse) => {
  const seen = { pings: 0, silent: 0 };
  const joined = pulse.join({ ping: () => (seen.pings += 1), silent: () => (seen.silent += 1) });
  return Object.assign(seen, joined);
};

describe('a pulse', () => {
  it('asks every link once in a heartbeat, a part of them at a time', async () => {
    const world = new HeldWorld();
    const pulse = new Pulse(world, { heartbeatMs: 5_000, silentPeerMs: 20_000 });
    const links = Array.from({ length: 100 }, () => heart(pulse));
    const pings = () => links.reduce((sum, { pings: some }) => sum + some, 0);
    await world.beat(10);
    expect(pings()).toBeLessThan(40);
    const before = links.map(({ pings: some }) => some);
    const perBeat = [];
    for (let beat = 0; beat < 10; beat += 1) {
      const until = pings();
      await world.beat();
      perBeat.push(pings() - until);
    }
    expect(perBeat).toEqual(Array.from({ length: 10 }, () => 10));
    expect(links.map(({ pings: some }) => some - 1)).toEqual(before);
    expect(world.asked.every((ms) => ms === 500)).toBe(true);
    pulse.close();
  });

  it('does not ask a peer that has just been heard, also by its own asking', async () => {
    const world = new HeldWorld();
    const pulse = new Pulse(world, { heartbeatMs: 5_000, silentPeerMs: 20_000 });
    const link = heart(pulse);
    for (let beat = 0; beat < 100; beat += 1) {
      await world.beat();
      if (beat % 7 === 0) link.heard();
    }
    expect([link.pings, link.silent]).toEqual([0, 0]);
    pulse.close();
  });

  it('gives a link up after the whole of the time without a sign, and only once', async () => {
    const world = new HeldWorld();
    const pulse = new Pulse(world, { heartbeatMs: 5_000, silentPeerMs: 20_000 });
    const [quiet, alive] = [heart(pulse), heart(pulse)];
    for (let beat = 0; beat < 40; beat += 1) {
      await world.beat();
      if (beat === 20) alive.heard();
    }
    expect([quiet.silent, alive.silent]).toEqual([0, 0]);
    await world.beat();
    expect([quiet.silent, alive.silent]).toEqual([1, 0]);
    await world.beat(30);
    expect([quiet.silent, alive.silent]).toEqual([1, 1]);
    pulse.close();
  });

  it('does nothing for a link that has ended, and nothing at all when it is closed', async () => {
    const world = new HeldWorld();
    const pulse = new Pulse(world, { heartbeatMs: 5_000, silentPeerMs: 20_000 });
    const [ended, other] = [heart(pulse), heart(pulse)];
    ended.stop();
    await world.beat(100);
    expect([ended.pings, ended.silent, other.silent]).toEqual([0, 0, 1]);
    pulse.close();
    const asked = world.asked.length;
    await world.beat(5);
    expect(world.asked.length).toBe(asked);
  });
});
