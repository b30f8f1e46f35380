// How one environment stands: what it should run, what its hosts say they run, and how its rollouts
// ended. Pure; whoever calls it has read the records.

import type { Report } from '../../protocol/messages.ts';
import type { HostState } from '../../states/model.ts';
import type { EnvironmentStatus, PendingView, RolloutView } from '../api/contract.ts';

export interface PlacedHost {
  readonly host: string;
  readonly online: boolean;
  readonly lastSeen: number | null;
  readonly away: boolean;
  readonly dockerDownSince?: number;
  /** What the master wants of the host here, as it stands in `desired/<env>/<host>`. */
  readonly desired: {
    readonly generation: number;
    readonly mode: 'pull' | 'run';
    readonly state: Pick<HostState, 'release'>;
  };
  /** The host's last report on this environment. */
  readonly observed: Report | undefined;
}

interface EnvironmentRecords {
  readonly environment: string;
  /** From new to old. */
  readonly rollouts: readonly RolloutView[];
  readonly pending: PendingView | null;
  readonly hosts: readonly PlacedHost[];
}

export function environmentStatus(records: EnvironmentRecords): EnvironmentStatus {
  const { environment, rollouts, pending } = records;
  const behind = new Set(pending?.hosts);
  const current = rollouts.find(({ endedAt }) => endedAt === null) ?? null;
  const last = rollouts.find(({ endedAt }) => endedAt !== null) ?? null;
  const succeeded = rollouts.find(({ phase }) => phase === 'succeeded');
  return {
    environment,
    release: succeeded?.release ?? null,
    commit: succeeded?.commit ?? null,
    subject: succeeded?.subject ?? null,
    images: succeeded?.images ?? [],
    last,
    current,
    hosts: records.hosts.map((host) => ({ ...hostStatus(host), behind: behind.has(host.host) })),
    pending,
  };
}

function hostStatus(placed: PlacedHost): Omit<EnvironmentStatus['hosts'][number], 'behind'> {
  const { host, online, lastSeen, away, dockerDownSince: down, desired, observed } = placed;
  const inSync = isInSync(placed);
  const running = observed?.running ?? [];
  // A release that changed nothing on the host made no new containers, and is run all the same.
  const release = inSync ? desired.state.release : (running[0]?.release ?? null);
  const docker = down === undefined ? {} : { dockerDownSince: down };
  return { host, online, lastSeen, away, ...docker, release, inSync, running };
}

/** By the host's own last word on exactly what is wanted of it now. */
const isInSync = ({ desired, observed }: PlacedHost): boolean =>
  observed !== undefined &&
  desired.mode === 'run' &&
  observed.mode === 'run' &&
  observed.generation === desired.generation &&
  observed.outcome === 'done' &&
  observed.now === 'new';
