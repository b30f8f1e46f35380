// How the hosts of an environment stand, by their own last word on what is wanted of them.

import type { Report } from '../../protocol/messages.ts';
import type { ResolvedEnvironment } from '../../states/model.ts';
import type { DesiredRecord } from '../rollout/record.ts';
import { readDesired, readObserved } from '../rollout/keys.ts';
import type { Store } from '../store/store.ts';
import type { Standing, TestHost } from './plan.ts';

export async function standings(
  store: Pick<Store, 'get'>,
  { environment, release, hosts }: ResolvedEnvironment,
  linked: ReadonlySet<string>,
): Promise<readonly TestHost[]> {
  return Promise.all(
    hosts.map(async ({ host, state }) => {
      const desired = (await readDesired(store, environment, host.id)).value;
      const observed = (await readObserved(store, environment, host.id)).value?.report;
      const standing = standingOf({ desired, observed, release, linked: linked.has(host.id) });
      return { host, services: new Set(state.containers.map(({ service }) => service)), standing };
    }),
  );
}

interface Seen {
  readonly desired: DesiredRecord | undefined;
  readonly observed: Report | undefined;
  readonly release: string;
  readonly linked: boolean;
}

function standingOf({ desired, observed, release, linked }: Seen): Standing {
  const there =
    desired?.mode === 'run' &&
    desired.state.release === release &&
    observed?.mode === 'run' &&
    observed.generation === desired.generation &&
    observed.now === 'new';
  if (!there) return 'behind';
  if (!linked) return 'away';
  return observed.running.every(({ health }) => health === 'healthy') ? 'healthy' : 'unwell';
}
