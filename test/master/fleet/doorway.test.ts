import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Doorway } from '../../../master/fleet/doorway.ts';
import { Rate } from '../../../master/fleet/rate.ts';
import { Turns } from '../../../master/fleet/turns.ts';
import { realWorld } from '../../../protocol/world.ts';

class Guest extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;
  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const guests = (address: string, count: number): Guest[] =>
  Array.from({ length: count }, (_, index) => new Guest(address, index + 1));
const open = (some: readonly Guest[]): number => some.filter(({ destroyed }) => !destroyed).length;

describe('the doorway', () => {
  it('turns away the neighbour who fills it, and makes room for the next', () => {
    const doorway = new Doorway({ unlinkedMax: 10, secondsMax: 5 });
    const greedy = guests('10.0.0.1', 30);
    for (const guest of greedy) doorway.enter(guest);
    expect(open(greedy)).toBe(10);
    expect(greedy.slice(0, 10).every(({ destroyed }) => !destroyed)).toBe(true);
    const modest = guests('10.0.0.2', 5);
    for (const guest of modest) doorway.enter(guest);
    expect([open(greedy), open(modest), doorway.size]).toEqual([5, 5, 10]);
    // The oldest gave way; and where all have as many, nobody gives way to one of them.
    expect(greedy.slice(0, 5).every(({ destroyed }) => destroyed)).toBe(true);
    const more = new Guest('10.0.0.2', 99);
    doorway.enter(more);
    expect([more.destroyed, open(greedy), open(modest)]).toEqual([true, 5, 5]);
    const third = new Guest('10.0.0.3', 1);
    doorway.enter(third);
    expect([third.destroyed, doorway.size]).toEqual([false, 10]);
  });

  it('takes all addresses of one IPv6 network for one neighbour', () => {
    const doorway = new Doorway({ unlinkedMax: 4, secondsMax: 5 });
    const many = Array.from({ length: 8 }, (_, index) => new Guest(`2001:db8::${index}`, 7));
    for (const guest of many) doorway.enter(guest);
    expect(open(many)).toBe(4);
    const other = new Guest('2001:db8:0:1::1', 7);
    doorway.enter(other);
    expect([other.destroyed, open(many)]).toEqual([false, 3]);
  });

  it('ends who stands in it for too long, and forgets who left or linked', () => {
    const doorway = new Doorway({ unlinkedMax: 10, secondsMax: 2 });
    const [slow, linked, left] = guests('10.0.0.1', 3) as [Guest, Guest, Guest];
    for (const guest of [slow, linked, left]) doorway.enter(guest);
    doorway.leave({ remoteAddress: '10.0.0.1', remotePort: linked.remotePort });
    left.destroy();
    expect(doorway.size).toBe(1);
    for (let second = 0; second < 2; second += 1) doorway.tick();
    const late = new Guest('10.0.0.1', 4);
    doorway.enter(late);
    expect(slow.destroyed).toBe(false);
    doorway.tick();
    expect([slow, linked, late].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    doorway.closeAll();
    expect([late.destroyed, linked.destroyed, doorway.size]).toEqual([true, false, 0]);
  });
});

describe('a rate', () => {
  it('is a burst, then one at a time, for each neighbour', () => {
    let now = 0;
    const world = { ...realWorld, now: () => now };
    const rate = new Rate(world, { burst: 3, msEach: 1_000, neighboursMax: 100 });
    const waits = (times: number) => Array.from({ length: times }, () => rate.take('a'));
    expect(waits(5)).toEqual([0, 0, 0, 1_000, 1_000]);
    expect(rate.take('b')).toBe(0);
    now = 1_500;
    expect(waits(2)).toEqual([0, 500]);
    now = 60_000;
    expect(waits(4)).toEqual([0, 0, 0, 1_000]);
    // A clock that is set back makes nobody wait for it to catch up.
    now = 0;
    expect(rate.take('a')).toBe(1_000);
    now = 1_000;
    expect(rate.take('a')).toBe(0);
  });

  it('remembers a bounded number of neighbours, those who asked last', () => {
    const rate = new Rate(
      { ...realWorld, now: () => 0 },
      { burst: 1, msEach: 9, neighboursMax: 2 },
    );
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map((each) => rate.take(each) > 0)).toEqual([
      ...[false, false, true, false, true, false],
    ]);
  });
});

describe('turns', () => {
  it('of one name never overlap and keep their order, also past a failure', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work =
      (name: string, ms: number, fail = false) =>
      async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, ms));
        order.push(`${name} ends`);
        if (fail) throw new Error(name);
        return name;
      };
    const first = turns.run('x', work('1', 30, true));
    const second = turns.run('x', work('2', 1));
    const other = turns.run('y', work('other', 1));
    await expect(first).rejects.toThrow('1');
    expect(await second).toBe('2');
    expect(await other).toBe('other');
    await turns.idle();
    expect(order).toEqual([
      ...['1 begins', 'other begins', 'other ends', '1 ends', '2 begins', '2 ends'],
    ]);
  });
});
