import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../../master/fleet/fleet.ts';
import { hostViews, pingHosts, type HostRecord } from '../../../master/views/hosts.ts';
import { fault } from '../../../states/faults.ts';
import { parseHostId, type HostId } from '../../../states/ids.ts';

const host = (raw: string): HostId => {
  const id = parseHostId(raw);
  if (id === undefined) throw new Error(raw);
  return id;
};

const record = (id: string): HostRecord & { fingerprint: string } => ({
  ...{
    id,
    lastSeen: 5,
    joinedAt: 1,
    version: '0.1.0',
    labels: { role: 'app' },
    facts: { cpus: 2 },
  },
  fingerprint: 'not for everyone',
});

describe('hosts', () => {
  it('are listed by id, with who is linked, and with nothing else that is recorded', () => {
    const views = hostViews([record('web-2'), record('web-1')], [host('web-2')], new Set());
    expect(views.map(({ id, online }) => [id, online])).toEqual([
      ['web-1', false],
      ['web-2', true],
    ]);
    const [out] = hostViews([record('web-1')], [], new Set(['web-1']));
    expect(out).toMatchObject({ id: 'web-1', revoked: true });
    expect(views[0]?.revoked).toBeUndefined();
    expect(Object.keys(views[0] ?? {})).not.toContain('fingerprint');
  });

  it('are asked all at once, and each answer or silence is told', async () => {
    let open = 0;
    let most = 0;
    let now = 0;
    const fleet: Fleet = {
      connected: () => [host('a'), host('b'), host('c')],
      desire: () => true,
      call: async (id) => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open -= 1;
        now += 1.23456;
        if (id === host('b')) throw fault('HOSTS_MISSING', 'no answer in time');
        return { now: 0 } as never;
      },
    };
    const view = await pingHosts(fleet, ['a', 'b', 'c', 'd'].map(host), () => now);
    expect(most).toBe(3);
    expect(view.hosts).toMatchObject([
      { host: 'a', ok: true, ms: 1.23 },
      { host: 'b', ok: false, ms: null, fault: { message: 'no answer in time' } },
      { host: 'c', ok: true, ms: 3.7 },
      { host: 'd', ok: false, ms: null, fault: { code: 'HOSTS_MISSING' } },
    ]);
  });

  it('do not hide a defect of ours behind a silence', async () => {
    const fleet: Fleet = {
      connected: () => [host('a')],
      desire: () => true,
      call: () => Promise.reject(new TypeError('ours')),
    };
    await expect(pingHosts(fleet, [host('a')])).rejects.toThrow('ours');
  });
});
