// A change behind the minion's back, as an event of the history: told once, however often the minion
// had to send it.

import { z } from 'zod';
import type { Drift } from '../../protocol/messages.ts';
import type { HostId } from '../../states/ids.ts';
import type { NewEvent } from '../events.ts';
import type { Store } from '../store/store.ts';
import { keys } from './keys.ts';
import type { Writing } from './outside.ts';

const told = z.strictObject({ seq: z.number(), at: z.number() });

/** Undefined where it was told already. */
export async function driftWriting(
  store: Pick<Store, 'get'>,
  host: HostId,
  { seq, drift }: { readonly seq: number; readonly drift: Drift },
): Promise<Writing | undefined> {
  const key = keys.drift(host);
  const entry = await store.get(key);
  const last = entry === undefined ? undefined : told.parse(entry.value);
  // A minion that lost its journal counts from one again, but its clock has gone on.
  if (last !== undefined && seq <= last.seq && drift.at <= last.at) return undefined;
  return {
    compares: [{ key, revision: entry?.revision ?? 0 }],
    writes: [{ put: key, value: { seq, at: drift.at } }],
    events: [driftEvent(host, drift)],
  };
}

function driftEvent(host: HostId, drift: Drift): NewEvent {
  const { environment, release, commit, service, what, action, failure } = drift;
  return {
    ...{ kind: 'drift', environment, release, commit, host, service },
    ...{ actor: `minion:${host}`, cause: 'drift' },
    message: `${service}: ${what}; ${actions[action]}`,
    ...(failure === undefined ? {} : { failures: [failure] }),
  };
}

const actions: Readonly<Record<Drift['action'], string>> = {
  repaired: 'put right',
  repairing: 'being put right',
  failed: 'could not be put right',
};
