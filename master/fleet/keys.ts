// The keys that hosts have or ask for, as people see and decide them: who waits, who is in, who was
// turned away or out. A revoked host keeps its id, so that nobody else takes it, and its links end.

import { fault } from '../../states/faults.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import type { KeyDecision, KeysView, KeyView } from '../api/key-contract.ts';
import type { EventLog } from '../eventlog.ts';
import type { Store } from '../store/store.ts';
import type { JoinRequests } from './join-requests.ts';
import { allIdentities, knownHost, newestOf, type IdentityRecord } from './records.ts';

export interface KeysOptions {
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly now: () => number;
  readonly requests: JoinRequests;
  /** sha256 of the CA's certificate. */
  readonly digest: () => string;
  /** Hosts that have not followed a change of it; undefined where none is under way. */
  readonly rotation: () => Promise<readonly string[] | undefined>;
  readonly disconnect: (host: HostId, reason: string) => void;
  /** Takes a host with everything that is recorded of it away. */
  readonly remove: (host: HostId, actor: string) => Promise<void>;
}

export class Keys {
  readonly #options: KeysOptions;

  constructor(options: KeysOptions) {
    this.#options = options;
  }

  async list(): Promise<KeysView> {
    const { store, requests, digest, rotation } = this.#options;
    const [identities, asking] = await Promise.all([allIdentities(store), requests.list()]);
    const known = identities.map(({ id, identity }) => viewOf(id, identity));
    const waiting = asking.flatMap(({ id, state, key, address, expiresAt }) =>
      state === 'accepted' ? [] : [{ ...{ id, state, key, address, expiresAt } }],
    );
    const keys = [...waiting, ...known].sort((one, two) => (one.id < two.id ? -1 : 1));
    const left = await rotation();
    return { ca: digest(), keys, rotation: left === undefined ? null : { waiting: left } };
  }

  async revoked(): Promise<ReadonlySet<string>> {
    const all = await allIdentities(this.#options.store);
    return new Set(all.flatMap(({ id, identity }) => (identity.revoked === undefined ? [] : [id])));
  }

  /** Throws UNKNOWN_NAME where nothing has that id and that key. */
  async decide(name: string, { verdict, key, actor, labels }: KeyDecision): Promise<void> {
    const { requests, remove } = this.#options;
    const id = parseHostId(name);
    if (id === undefined) throw unknown(name);
    const { identity } = await knownHost(this.#options.store, id);
    const own = identity !== undefined && newestOf(identity.value).key === key;
    if (verdict === 'accept') await requests.accept(id, { key, actor, labels: labels ?? {} });
    else if (verdict === 'reject') await requests.reject(id, { key, actor });
    else if (verdict === 'revoke') await this.#revoke(id, key, actor);
    else if (own) await remove(id, actor);
    else await requests.forget(id, { key, actor });
  }

  async #revoke(id: HostId, key: string, actor: string): Promise<void> {
    const { store, eventlog, now, disconnect } = this.#options;
    for (;;) {
      const { identity } = await knownHost(store, id);
      if (identity === undefined || newestOf(identity.value).key !== key) throw unknown(id);
      if (identity.value.revoked !== undefined) return;
      const value: IdentityRecord = { ...identity.value, revoked: { at: now(), actor } };
      const done = await eventlog.commit(
        [{ key: identity.key, revision: identity.revision }],
        [{ put: identity.key, value }],
        [
          {
            ...{ kind: 'fleet', what: 'revoked', host: id, actor, cause: 'request' },
            message: `${id} was revoked; its links end, and it is let in no more`,
          },
        ],
      );
      if (!done) continue; // It has just renewed its certificate.
      disconnect(id, `${id} was revoked by a person on the master`);
      return;
    }
  }
}

function viewOf(id: string, identity: IdentityRecord): KeyView {
  const { key, expiresAt } = newestOf(identity);
  const state = identity.revoked === undefined ? 'accepted' : 'revoked';
  return { id, state, key, address: null, expiresAt };
}

const unknown = (name: string) =>
  fault('UNKNOWN_NAME', `no host has the id ${name} with that key, or not any more`);
