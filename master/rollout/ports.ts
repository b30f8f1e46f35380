// The ports of hosts, once more at the moment when a rollout begins: whoever planned it looked before the
// hosts were asked, and another environment may have begun since.

import { portConflicts } from '../../states/conflicts.ts';
import { fault } from '../../states/faults.ts';
import { parseEnvironmentName, type HostId } from '../../states/ids.ts';
import type { HostState, ResolvedEnvironment } from '../../states/model.ts';
import type { Store } from '../store/store.ts';
import { environmentsIn, heldBy } from './keys.ts';

type Asked = Omit<ResolvedEnvironment, 'hosts'> & {
  readonly hosts: readonly { readonly host: HostId; readonly state: HostState }[];
};

/** Throws PORT_CONFLICT. */
export async function refuseTakenPorts(
  store: Pick<Store, 'get' | 'range'>,
  { hosts, ...own }: Asked,
): Promise<void> {
  const wanting = hosts.filter(({ state }) =>
    state.containers.some(({ ports }) => ports.length > 0),
  );
  for (const name of await environmentsIn(store)) {
    const environment = parseEnvironmentName(name);
    if (environment === undefined || environment === own.environment) continue;
    for (const { host, state } of wanting) {
      const at = { id: host, labels: {}, facts: {} };
      for (const other of await heldBy(store, environment, host)) {
        const there = { ...own, environment, hosts: [{ host: at, state: other }] };
        const [first] = portConflicts([there, { ...own, hosts: [{ host: at, state }] }]);
        if (first !== undefined) throw fault('PORT_CONFLICT', first.message, { where: host });
      }
    }
  }
}
