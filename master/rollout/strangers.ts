// Hosts that were removed while the master died over it: it is asked for nothing of them any more, or
// a new machine of the same name would be told what the old one had to run.

import { parseHostId, type HostId } from '../../states/ids.ts';
import type { Store } from '../store/store.ts';
import { environmentsIn, hostsAsked } from './keys.ts';

/** Hosts of whom something is wanted, and who are not among the known ones. */
export async function strangersIn(
  store: Store,
  known: readonly { readonly id: string }[],
): Promise<readonly HostId[]> {
  const ids = new Set(known.map(({ id }) => id));
  const found = new Set<HostId>();
  for (const environment of await environmentsIn(store)) {
    for (const name of await hostsAsked(store, environment)) {
      const host = parseHostId(name);
      if (host !== undefined && !ids.has(host)) found.add(host);
    }
  }
  return [...found];
}
