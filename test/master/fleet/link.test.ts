// Long because both directions of the link are tested through the same two ends.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMinion } from '../../../minion/identity.ts';
import { fault } from '../../../states/faults.ts';
import { desire, FleetFixture, hostId, report, until } from './fixture.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
afterEach(() => master.close());

const web1 = hostId('web-1');

describe('a host that has joined', () => {
  it('links with the files that join wrote, says hello and is welcomed', async () => {
    const token = await master.token({ labels: { role: 'app', ring: 'beta' } });
    const { config, identity } = await readMinion(await master.join('web-1', token));
    const minion = master.link(identity, { url: config.url });
    await until('it is linked', () => minion.link.linked);
    expect(minion.welcomes).toEqual([
      { version: '0.1.0', id: 'web-1', labels: { role: 'app', ring: 'beta' } },
    ]);
    expect(master.tellings('web-1')).toEqual([
      { version: '0.1.0', facts: { os: 'linux', cpus: 2 }, accepted: [] },
    ]);
    expect(master.fleet.connected()).toEqual(['web-1']);
  });
});

describe('what the master says', () => {
  it('reaches a host that is linked, and is known not to reach one that is not', async () => {
    expect(master.fleet.desire(web1, desire(1))).toBe(false);
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    expect(master.fleet.desire(web1, desire(2))).toBe(true);
    await until('the desire is there', () => minion.desires.length > 0);
    const signature = expect.any(String) as string;
    expect(minion.desires).toEqual([{ ...desire(2), signature }]);
  });

  it('may be said within the handling of the hello, and comes after the welcome', async () => {
    master.handlers.onHello = async (host) => {
      expect(master.fleet.desire(host, desire(7))).toBe(true);
    };
    const minion = master.link(await master.host('web-1'));
    await until('the desire is there', () => minion.desires.length > 0);
    expect(minion.welcomes).toHaveLength(1);
  });

  it('is refused with the reason where it is larger than a frame', async () => {
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    const large = desire(1);
    const spec = { env: { A: 'x'.repeat(5_000_000) } };
    const state = { ...large.state, containers: [spec] } as never;
    expect(() => master.fleet.desire(web1, { ...large, state })).toThrow(/too large/);
    expect(minion.link.linked).toBe(true);
  });
});

describe('a call', () => {
  it('is answered', async () => {
    const minion = master.link(await master.host('web-1'));
    minion.onCall = async (call) =>
      call.verb === 'logs' ? { lines: [`${call.service} says hello`] } : { now: 42 };
    await until('it is linked', () => minion.link.linked);
    expect(await master.fleet.call(web1, { verb: 'ping' }, 1_000)).toEqual({ now: 42 });
    const logs = { verb: 'logs', environment: 'beta', service: 'api', lines: 5 } as never;
    expect(await master.fleet.call(web1, logs, 1_000)).toEqual({ lines: ['api says hello'] });
  });

  it('many at once are matched with their own answers', async () => {
    const minion = master.link(await master.host('web-1'));
    let turn = 0;
    minion.onCall = async () => {
      const mine = (turn += 1);
      await new Promise((resolve) => setTimeout(resolve, 30 - mine));
      return { now: mine };
    };
    await until('it is linked', () => minion.link.linked);
    const asked = Array.from({ length: 20 }, () =>
      master.fleet.call(web1, { verb: 'ping' }, 1_000),
    );
    expect((await Promise.all(asked)).map(({ now }) => now)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('without a link fails at once', async () => {
    await expect(master.fleet.call(web1, { verb: 'ping' }, 1_000)).rejects.toMatchObject({
      data: { code: 'HOSTS_MISSING', message: 'web-1 has no link' },
    });
  });

  it('hands on the minion’s own fault, and of a defect only that there was one', async () => {
    const minion = master.link(await master.host('web-1'));
    minion.onCall = async (call) => {
      if (call.verb === 'ping') throw fault('DOCKER_DOWN', 'no Docker here');
      throw new Error('secret detail');
    };
    await until('it is linked', () => minion.link.linked);
    await expect(master.fleet.call(web1, { verb: 'ping' }, 1_000)).rejects.toMatchObject({
      data: { code: 'DOCKER_DOWN', message: 'no Docker here', where: 'web-1' },
    });
    const logs = { verb: 'logs', environment: 'beta', service: 'api', lines: 5 } as never;
    await expect(master.fleet.call(web1, logs, 1_000)).rejects.toMatchObject({
      data: { code: 'INTERNAL', message: expect.not.stringContaining('secret') as string },
    });
    expect(JSON.stringify(master.logged)).toContain('secret detail');
  });

  it('past its deadline is over for both sides', async () => {
    const minion = master.link(await master.host('web-1'));
    let cancelled = false;
    minion.onCall = (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          cancelled = true;
          resolve({ now: 0 });
        });
      });
    await until('it is linked', () => minion.link.linked);
    await expect(master.fleet.call(web1, { verb: 'ping' }, 50)).rejects.toMatchObject({
      data: { code: 'HOSTS_MISSING', message: 'web-1 did not answer within 0.05 s' },
    });
    await until('the minion has stopped', () => cancelled);
    minion.onCall = async () => ({ now: 5 });
    expect(await master.fleet.call(web1, { verb: 'ping' }, 1_000)).toEqual({ now: 5 });
  });

  it('ends with the link', async () => {
    const minion = master.link(await master.host('web-1'));
    let aborted = false;
    minion.onCall = (_, signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (aborted = true));
      });
    await until('it is linked', () => minion.link.linked);
    const asked = master.fleet.call(web1, { verb: 'ping' }, 10_000);
    const failed = expect(asked).rejects.toMatchObject({
      data: { code: 'HOSTS_MISSING', message: expect.stringContaining('lost its link') as string },
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    master.fleet.disconnect(web1);
    await failed;
    await until('the minion has stopped', () => aborted);
  });

  it('whose answer is not valid gets a fault, and not the end of the link', async () => {
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    minion.onCall = async () => ({ now: 1, text: 'x'.repeat(5_000_000) });
    await expect(master.fleet.call(web1, { verb: 'ping' }, 1_000)).rejects.toMatchObject({
      data: { code: 'INTERNAL', message: expect.stringContaining('larger than') as string },
    });
    expect(minion.link.linked).toBe(true);
  });
});

describe('reports', () => {
  it('are handled in order and acknowledged only when they are safe', async () => {
    const stored: number[] = [];
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    master.handlers.onReport = async (_, seq) => {
      if (seq === 1) await gate;
      // The later ones are faster; they must wait all the same.
      await new Promise((resolve) => setTimeout(resolve, seq === 2 ? 20 : 0));
      stored.push(seq);
    };
    const minion = master.link(await master.host('web-1'));
    for (const seq of [1, 2, 3, 4]) minion.report(seq);
    await until('it is linked', () => minion.link.linked);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([stored, minion.acks]).toEqual([[], []]);
    release();
    await until('all are acknowledged', () => minion.acks.length === 4);
    expect(stored).toEqual([1, 2, 3, 4]);
    expect(minion.acks).toEqual([1, 2, 3, 4]);
  });

  it('come again when the master could not store them', async () => {
    let broken = true;
    master.handlers.onReport = async () => {
      if (broken) throw new Error('disk full');
    };
    const minion = master.link(await master.host('web-1'));
    minion.report(1);
    await until('the link has ended over it', () =>
      master.reasons().includes('could not take the report'),
    );
    expect(minion.acks).toEqual([]);
    broken = false;
    await until('it is acknowledged', () => minion.acks.includes(1));
  });

  it('that were not acknowledged come again over the next link, in order', async () => {
    let hold: (() => void) | undefined;
    master.handlers.onReport = (_, seq) =>
      seq === 3 && hold === undefined
        ? new Promise((resolve) => (hold = resolve))
        : Promise.resolve();
    const minion = master.link(await master.host('web-1'));
    for (let seq = 1; seq <= 200; seq += 1) minion.report(seq);
    await until('the third is being stored', () => hold !== undefined);
    // The master dies while it stores the third: what comes after was never handled.
    const { port, host } = master.fleet.address();
    const closing = master.fleet.close();
    hold?.();
    await closing;
    expect(Math.max(...minion.acks)).toBeLessThanOrEqual(3);
    await master.listen({ listen: { host, port } });
    await until('all are acknowledged', () => minion.acks.includes(200));
    const seqs = master.tellings('web-1', 'report') as number[];
    // Each at least once, and never one before the one it follows.
    expect(new Set(seqs).size).toBe(200);
    expect([...new Set(seqs)]).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('larger than a frame are told without what makes them so', async () => {
    const minion = master.link(await master.host('web-1'));
    const failure = { code: 'CONTAINER_EXITED', message: 'it ended', phase: 'healthy' } as const;
    const logs = Array.from({ length: 20 }, () => '\u0001'.repeat(2_000));
    const failures = Array.from({ length: 50 }, () => ({ ...failure, logs }));
    minion.pending.push({ type: 'report', seq: 1, report: { ...report(1), failures } });
    minion.pending.push({
      ...{ type: 'report', seq: 2 },
      report: { ...report(2), failures: [{ ...failure, message: 'x'.repeat(10_000) }] },
    });
    await until('both are acknowledged', () => minion.acks.includes(2));
    expect(minion.link.linked).toBe(true);
    expect(master.reasons()).toContain('had to be shortened');
  });

  it('drift and facts go the same way, progress when there is a link', async () => {
    const minion = master.link(await master.host('web-1'));
    minion.link.progress({} as never);
    await until('it is linked', () => minion.link.linked);
    minion.pending.push({
      ...{ type: 'drift', seq: 1 },
      drift: {
        ...{ environment: 'beta' as never, generation: 1, service: 'api', container: 'api-1' },
        ...{ release: '7f3a9c2d' as never, commit: null },
        ...{ what: 'removed', action: 'repaired', at: 1 },
      },
    });
    minion.link.wake();
    minion.link.facts({ os: 'plan9' });
    const step = { environment: 'beta' as never, generation: 1, phase: 'pulling' } as const;
    minion.link.progress({ ...step, detail: '1 of 2', at: 1 });
    await until('all is told', () => master.tellings('web-1').length === 4);
    expect(master.tellings('web-1', 'drift')).toEqual([1]);
    expect(master.tellings('web-1', 'facts')).toEqual([{ os: 'plan9' }]);
    expect(master.tellings('web-1', 'progress')).toEqual(['1 of 2']);
  });
});

describe('the end of a link', () => {
  it('by the minion is told with its reason, and comes once for every hello', async () => {
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    await minion.link.close();
    await until('it is gone', () => master.tellings('web-1', 'gone').length > 0);
    expect(master.tellings('web-1', 'gone')).toEqual(['the minion says: the minion stops']);
    expect(master.fleet.connected()).toEqual([]);
  });

  it('by the master is told to the minion, which comes back', async () => {
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    const { port, host } = master.fleet.address();
    await master.fleet.close();
    await until('the minion knows', () => !minion.link.linked);
    await until('it says why', () =>
      master.reasons().includes('the master says: the master stops'),
    );
    await until('the minion cannot reach it', () => master.reasons().includes('nothing listens'));
    await master.listen({ listen: { host, port } });
    await until('it is linked again', () => minion.link.linked);
    expect(minion.welcomes).toHaveLength(2);
  });

  it('comes for the first link when a second one of the same host says hello', async () => {
    const identity = await master.host('web-1');
    const first = await master.raw(identity).opened();
    first.hello();
    await until('the first is linked', () => master.fleet.connected().length === 1);
    const second = await master.raw(identity).opened();
    second.hello();
    expect(await first.ended).toBe('1000 another link of the same host has taken its place');
    await until('the second is welcome', () => second.received.length > 0);
    expect(master.told.map(({ what }) => what)).toEqual(['hello', 'gone', 'hello']);
    expect(master.fleet.connected()).toEqual(['web-1']);
    expect(master.fleet.desire(web1, desire(3))).toBe(true);
    await until('it goes to the second', () => second.received.length > 1);
    second.socket.close();
  });

  it('comes for a host that is removed, which is not let in again', async () => {
    const minion = master.link(await master.host('web-1'));
    await until('it is linked', () => minion.link.linked);
    await master.store.commit([], [{ delete: 'hosts/web-1' }]);
    master.fleet.disconnect(web1);
    await until('it is refused', () => master.reasons().includes('is no host of this master'));
    expect(minion.link.linked).toBe(false);
    expect(master.fleet.connected()).toEqual([]);
  });

  it('comes before the welcome for a host that was removed after it was let in', async () => {
    const peer = await master.raw(await master.host('web-1')).opened();
    await master.store.commit([], [{ delete: 'hosts/web-1' }]);
    peer.hello();
    expect(await peer.ended).toBe('1000 web-1 is no host of this master, or not any more');
    expect(peer.received.map(({ type }) => type)).toEqual(['bye']);
    expect(master.told).toEqual([]);
  });

  it('leaves what is being stored to be stored, before the next link is heard', async () => {
    let release = (): void => undefined;
    master.handlers.onReport = () => new Promise((resolve) => (release = resolve));
    const identity = await master.host('web-1');
    const first = await master.raw(identity).opened();
    first.hello();
    first.say({ type: 'report', seq: 1, report: report(1) });
    first.say({ type: 'report', seq: 2, report: report(2) });
    await until('the first is linked', () => master.fleet.connected().length === 1);
    const second = await master.raw(identity).opened();
    second.hello();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(second.received).toEqual([]);
    // The second report of the first link is not begun: it comes again over the next one.
    first.socket.terminate();
    await until('the first is gone', () => master.tellings('web-1', 'gone').length > 0);
    release();
    await until('the second is welcome', () => second.received.length > 0);
    expect(master.told.map(({ what }) => what)).toEqual(['hello', 'gone', 'report', 'hello']);
    second.socket.close();
  });

  it('as many as a minion likes, by itself, are no storm of new ones', async () => {
    // The master ends each link at once: as a defect of its own would.
    master.handlers.onHello = () => Promise.reject(new Error('broken'));
    const limits = { reconnectMsMin: 20, reconnectMsMax: 400 };
    const minion = master.link(await master.host('web-1'), { limits });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const hellos = master.tellings('web-1', 'hello').length;
    expect(hellos).toBeGreaterThan(4);
    expect(hellos).toBeLessThan(16);
    await minion.link.close();
  });
});
