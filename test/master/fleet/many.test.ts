import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { desire, FleetFixture, hostId, until, type TestLink } from './fixture.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
afterEach(() => master.close());

const count = 200;
const ids = Array.from({ length: count }, (_, index) => `h${String(index).padStart(3, '0')}`);

describe('two hundred hosts', () => {
  it('link, all hear a broadcast, all answer, and all their reports are kept apart', async () => {
    const minions: TestLink[] = [];
    for (const id of ids) minions.push(master.link(await master.host(id)));
    await until('all are linked', () => master.fleet.connected().length === count, 30_000);
    expect(master.fleet.connected()).toEqual(ids);

    const told = ids.map((id, index) => master.fleet.desire(hostId(id), desire(index)));
    expect(told.every((each) => each)).toBe(true);
    await until('all have heard', () => minions.every(({ desires }) => desires.length === 1));
    expect(minions.map(({ desires }) => desires[0]?.generation)).toEqual(ids.map((_, n) => n));

    minions.forEach((minion, index) => {
      minion.onCall = async () => ({ now: index });
    });
    const asked = ids.map((id) => master.fleet.call(hostId(id), { verb: 'ping' }, 10_000));
    expect((await Promise.all(asked)).map(({ now }) => now)).toEqual(ids.map((_, n) => n));

    for (const minion of minions) for (const seq of [1, 2, 3]) minion.report(seq);
    await until('all are safe', () => minions.every(({ acks }) => acks.includes(3)));
    for (const id of ids) expect(master.tellings(id, 'report')).toEqual([1, 2, 3]);
  });

  it('come back after the master was away, each with what it had to say', async () => {
    const minions: TestLink[] = [];
    for (const id of ids.slice(0, 100)) minions.push(master.link(await master.host(id)));
    await until('all are linked', () => master.fleet.connected().length === 100, 30_000);
    const { host, port } = master.fleet.address();
    await master.fleet.close();
    for (const minion of minions) minion.report(1);
    await master.listen({ listen: { host, port } });
    await until('all are back', () => master.fleet.connected().length === 100, 30_000);
    await until('all are safe', () => minions.every(({ acks }) => acks.includes(1)));
    // One hello, one end, one hello: no more, and in this order.
    for (const id of ids.slice(0, 100)) {
      const order = master.told.filter((each) => each.host === id).map(({ what }) => what);
      expect(order).toEqual(['hello', 'gone', 'hello', 'report']);
    }
  });
});
