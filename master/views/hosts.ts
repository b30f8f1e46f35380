// The hosts as people see them: what is recorded of each, whether it is linked now, and whether it
// answers.

import type { HostId } from '../../states/ids.ts';
import { Fault, fault, type FaultData } from '../../states/faults.ts';
import type { HostView, PingView } from '../api/fleet-contract.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** What is recorded of a host that has joined; before it has linked for the first time it is not away. */
export type HostRecord = Omit<HostView, 'online' | 'away'> & { readonly away?: boolean };

export function hostViews(
  records: readonly HostRecord[],
  connected: readonly HostId[],
  revoked: ReadonlySet<string>,
): readonly HostView[] {
  const linked = new Set<string>(connected);
  return records
    .map(({ id, lastSeen, away = false, joinedAt, version, labels, facts }) => ({
      ...{ id, online: linked.has(id), lastSeen, away, joinedAt, version, labels, facts },
      ...(revoked.has(id) && { revoked: true as const }),
    }))
    .sort((one, two) => (one.id < two.id ? -1 : 1));
}

/** As the host itself has told; undefined where its Docker Engine answers. */
export function dockerDownSince({ facts }: Pick<HostRecord, 'facts'>): number | undefined {
  const { dockerDownSince: since } = facts;
  return typeof since === 'number' ? since : undefined;
}

const pingMsMax = 5_000;

/** All at once; one that does not answer keeps nobody else waiting. `clock` counts milliseconds. */
export async function pingHosts(
  fleet: Fleet,
  hosts: readonly HostId[],
  clock: () => number = () => performance.now(),
): Promise<PingView> {
  const linked = new Set(fleet.connected());
  const ping = async (host: HostId): Promise<PingView['hosts'][number]> => {
    if (!linked.has(host)) return lost(host, fault('HOSTS_MISSING', `${host} has no link`).data);
    const began = clock();
    try {
      await fleet.call(host, { verb: 'ping' }, pingMsMax);
      return { host, ok: true, ms: Math.round((clock() - began) * 100) / 100 };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return lost(host, error.data);
    }
  };
  return { hosts: await Promise.all(hosts.map(ping)) };
}

const lost = (host: HostId, data: FaultData): PingView['hosts'][number] => ({
  host,
  ok: false,
  ms: null,
  fault: data,
});
