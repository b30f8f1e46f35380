import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrineEvent } from '../../../master/events.ts';
import { startDaemon } from '../../../master/daemon.ts';
import { pino } from 'pino';
import { MasterFixture, until } from './fixture.ts';

let master: MasterFixture;
beforeEach(async () => {
  master = await MasterFixture.start();
});
afterEach(() => master.close());

const threeHosts = async (): Promise<void> => {
  for (const id of ['web-1', 'web-2', 'web-3']) await master.join(id);
};

const events = async (): Promise<readonly BrineEvent[]> =>
  (await master.client.get<{ events: BrineEvent[] }>('/v1/events')).events;

describe('the master', () => {
  it('is alone on its directory', async () => {
    await expect(
      startDaemon({ dir: master.masterDir, log: pino({ level: 'silent' }) }),
    ).rejects.toMatchObject({ data: { code: 'MASTER_BUSY' } });
  });

  it('knows everything again after a restart, and its hosts come back', async () => {
    master.want({ version: 1 });
    await threeHosts();
    const before = await master.applied();
    await master.daemon.close();
    await master.startMaster();
    await until('all are linked', async () => (await master.status()).hosts.online === 3);
    expect(await master.client.get('/v1/rollouts/r1')).toEqual(before);
    expect((await master.apply()).rollout).toBeNull();
    expect(
      (await events()).filter((event) => event.kind === 'fleet' && event.what === 'gone'),
    ).toEqual([]);
  });

  it('forgets a host that is removed, and lets it in no more', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    await master.client.send('DELETE', '/v1/hosts/web-2?actor=ann');
    await until('its link is over', async () => master.hosts.get('web-2')?.linked === false);
    expect((await master.plan()).hosts.map(({ host }) => host)).toEqual(['web-1', 'web-3']);
    await expect(master.client.send('DELETE', '/v1/hosts/web-2?actor=ann')).rejects.toMatchObject({
      data: { code: 'UNKNOWN_NAME' },
    });
  });

  it('answers for its hosts: ping, logs, labels, tokens', async () => {
    await threeHosts();
    const ping = await master.client.send('POST', '/v1/ping', { hosts: 'web-*' });
    expect(ping).toMatchObject({ hosts: [{ ok: true }, { ok: true }, { ok: true }] });
    const logs = await master.client.get('/v1/hosts/web-1/logs?environment=beta&service=api');
    expect(logs).toEqual({ lines: ['api says nothing'] });
    await expect(
      master.client.get('/v1/hosts/web-9/logs?environment=beta&service=api'),
    ).rejects.toMatchObject({ data: { code: 'UNKNOWN_NAME' } });
    const labelled = await master.client.send('PUT', '/v1/hosts/web-1/labels', {
      ...{ set: { zone: 'a' }, remove: ['ring'], actor: 'ann@desk' },
    });
    expect(labelled).toMatchObject({ id: 'web-1', labels: { role: 'app', zone: 'a' } });
    await expect(
      master.client.send('PUT', '/v1/hosts/web-1/labels', {
        ...{ set: { id: 'x' }, remove: [], actor: 'ann@desk' },
      }),
    ).rejects.toMatchObject({ data: { code: 'BAD_USAGE' } });
    const { tokens } = await master.client.get<{ tokens: { id: string }[] }>('/v1/tokens');
    expect(tokens).toHaveLength(3);
    await master.client.send('DELETE', `/v1/tokens/${tokens[0]?.id}`);
    await expect(master.client.send('DELETE', '/v1/tokens/000000000000')).rejects.toMatchObject({
      data: { code: 'UNKNOWN_NAME' },
    });
  });
});
