// Hosts that ask to be let in without a token: each waits, with its fingerprint, for a person who
// says yes or no. A bounded number of them, each for a bounded time.

import { X509Certificate, type KeyObject } from 'node:crypto';
import { neighbourOf } from '../../protocol/address.ts';
import type { EnrolAnswer, EnrolRequest, EnrolWaiting } from '../../protocol/enrol.ts';
import { fingerprintOf } from '../../protocol/identity/authority.ts';
import { digestText, keyDigest } from '../../protocol/identity/keys.ts';
import { verifyCsr } from '../../protocol/identity/request.ts';
import { limits } from '../../protocol/limits.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import type { EventLog } from '../eventlog.ts';
import type { Entry, Store } from '../store/store.ts';
import type { HostRecord } from '../views/hosts.ts';
import {
  hostKey,
  identityKey,
  knownHost,
  requestKey,
  type Certify,
  type IdentityRecord,
  type JoinRequestRecord,
} from './records.ts';
import { Turns } from './turns.ts';

export interface JoinRequestsOptions {
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly certify: Certify;
  /** Told to those who are let in. */
  readonly signer: string;
}

export interface Decision {
  /** What the person has seen; the request may be another one by now. */
  readonly key: string;
  readonly actor: string;
}

const asked = { kind: 'fleet', cause: 'join' } as const;
const decided = { kind: 'fleet', cause: 'request' } as const;

export class JoinRequests {
  readonly #options: JoinRequestsOptions;
  readonly #turns = new Turns();

  constructor(options: JoinRequestsOptions) {
    this.#options = options;
  }

  /** Those that are not past their time, the oldest first. */
  async list(): Promise<readonly JoinRequestRecord[]> {
    const now = this.#options.world.now();
    return (await this.#all())
      .map(({ value }) => value)
      .filter((record) => isLive(record, now))
      .sort((one, two) => one.askedAt - two.askedAt);
  }

  /** Throws JOIN_REFUSED with the reason, or BAD_USAGE. */
  async ask(request: EnrolRequest, address: string): Promise<EnrolAnswer | EnrolWaiting> {
    const id = parseHostId(request.id);
    if (id === undefined) throw fault('BAD_USAGE', 'not the id of a host');
    const publicKey = verifyCsr(request.csr, id);
    if (publicKey === undefined) throw refused('the request is not signed by the key in it');
    return this.#turns.run('ask', () => this.#ask(id, { ...request, publicKey, address }));
  }

  /** Throws UNKNOWN_NAME where nobody waits under that id with that key. */
  async accept(
    id: HostId,
    { key, actor, labels }: Decision & { readonly labels: HostRecord['labels'] },
  ): Promise<void> {
    const { store, eventlog, world, certify } = this.#options;
    const now = world.now();
    const entry = await this.#waiting(id, key);
    const { host } = await knownHost(store, id);
    if (host !== undefined) throw refused(`${id} is taken by another host`);
    const publicKey = verifyCsr(entry.value.csr, id);
    if (publicKey === undefined) throw new Error(`a request of ${id} that was not looked at`);
    const { pem: certificate, ca } = certify({ publicKey, id });
    const signed = new X509Certificate(certificate);
    const identity: IdentityRecord = {
      ...{ fingerprint: fingerprintOf(signed), key, token: '' },
      ...{ expiresAt: signed.validToDate.getTime(), ca },
    };
    const record: HostRecord = {
      ...{ id, lastSeen: null, version: null, facts: {} },
      joinedAt: now,
      labels,
    };
    const accepted: JoinRequestRecord = {
      ...{ ...entry.value, state: 'accepted', certificate },
      expiresAt: now + limits.joinRequestMs, // It may have been switched off meanwhile.
    };
    const done = await eventlog.commit(
      [
        { key: entry.key, revision: entry.revision },
        { key: hostKey(id), revision: 0 },
      ],
      [
        { put: hostKey(id), value: record },
        { put: identityKey(id), value: identity },
        { put: entry.key, value: accepted },
      ],
      [{ ...decided, what: 'accepted', host: id, actor, message: `${id} was let in` }],
    );
    if (!done) throw changed(id);
  }

  /** The same key is not heard again under that id, for as long as the request would have waited. */
  async reject(id: HostId, { key, actor }: Decision): Promise<void> {
    const entry = await this.#waiting(id, key);
    const done = await this.#options.eventlog.commit(
      [{ key: entry.key, revision: entry.revision }],
      [{ put: entry.key, value: { ...entry.value, state: 'rejected' } }],
      [{ ...decided, what: 'rejected', host: id, actor, message: `${id} was not let in` }],
    );
    if (!done) throw changed(id);
  }

  /** Whoever asked may ask again. */
  async forget(id: HostId, { key, actor }: Decision): Promise<void> {
    const entry = await this.#waiting(id, key);
    const message = `the request of ${id} to join was deleted`;
    const done = await this.#options.eventlog.commit(
      [{ key: entry.key, revision: entry.revision }],
      [{ delete: entry.key }],
      [{ ...decided, what: 'forgotten', host: id, actor, message }],
    );
    if (!done) throw changed(id);
  }

  async #ask(
    id: HostId,
    request: { readonly csr: string; readonly publicKey: KeyObject; readonly address: string },
  ): Promise<EnrolAnswer | EnrolWaiting> {
    const { store, eventlog, world } = this.#options;
    const now = world.now();
    const key = keyDigest(request.publicKey);
    const all = await this.#all();
    const present = all.find(({ value }) => value.id === id);
    const known = await knownHost(store, id);
    if (present?.value.key === key && isLive(present.value, now)) {
      const answer = answerTo(present.value, known.identity?.value, {
        ...{ host: known.host?.value, signer: this.#options.signer },
      });
      if (answer !== undefined) return answer;
    }
    if (known.host !== undefined) {
      throw refused(`${id} is taken by another host; \`master keys delete ${id}\` frees it`);
    }
    const waiting = all.filter(
      ({ value }) => value.id !== id && value.state !== 'accepted' && isLive(value, now),
    );
    refuseCrowd(present, waiting, { ...request, now });
    const record: JoinRequestRecord = {
      ...{ id, key, csr: request.csr, address: request.address, askedAt: now, state: 'pending' },
      expiresAt: now + limits.joinRequestMs,
    };
    const past = all.filter((entry) => !isLive(entry.value, now) && entry !== present);
    // Where somebody wrote at the same time, the next question meets what was written.
    await eventlog.commit(
      [{ key: requestKey(id), revision: present?.revision ?? 0 }],
      [{ put: requestKey(id), value: record }, ...past.map((entry) => ({ delete: entry.key }))],
      [
        {
          ...{ ...asked, what: 'asked', host: id, actor: `address:${request.address}` },
          message: `${id} asks to join; its key is ${digestText(key)}`,
        },
      ],
    );
    return { waiting: true };
  }

  async #all(): Promise<Entry<JoinRequestRecord>[]> {
    return (await this.#options.store.range(requestKey('' as HostId))).map((entry) => ({
      ...entry,
      value: entry.value as JoinRequestRecord,
    }));
  }

  async #waiting(id: HostId, key: string): Promise<Entry<JoinRequestRecord>> {
    const entry = await this.#options.store.get(requestKey(id));
    const record = entry?.value as JoinRequestRecord | undefined;
    const now = this.#options.world.now();
    if (entry !== undefined && record?.key === key && record.state !== 'accepted') {
      if (isLive(record, now)) return { ...entry, value: record };
    }
    throw fault('UNKNOWN_NAME', `nobody waits as ${id} with that key, or not any more`);
  }
}

const isLive = ({ expiresAt }: JoinRequestRecord, now: number): boolean => expiresAt > now;

/** Undefined where what was decided once does not hold any more. */
function answerTo(
  { state, key, certificate }: JoinRequestRecord,
  identity: IdentityRecord | undefined,
  { host, signer }: { readonly host: HostRecord | undefined; readonly signer: string },
): EnrolAnswer | EnrolWaiting | undefined {
  if (state === 'pending') return { waiting: true };
  if (state === 'rejected') throw refused('a person on the master has said no');
  if (identity?.key !== key || identity.revoked !== undefined) return undefined;
  if (certificate === undefined || host === undefined) return undefined;
  return { certificate, labels: { ...host.labels }, signer };
}

/** Who was first under an id is heard until a person has decided. */
function refuseCrowd(
  present: Entry<JoinRequestRecord> | undefined,
  others: readonly Entry<JoinRequestRecord>[],
  { address, now }: { readonly address: string; readonly now: number },
): void {
  if (present?.value.state === 'pending' && isLive(present.value, now)) {
    const { id } = present.value;
    const message = `another host waits as ${id} already; \`master keys list\` shows its key, and \`master keys reject ${id}\` makes room`;
    throw refused(message);
  }
  const near = others.filter(({ value }) => neighbourOf(value.address) === neighbourOf(address));
  if (others.length < limits.joinRequestsMax && near.length < limits.joinRequestsOfNeighbourMax) {
    return;
  }
  throw refused('too many hosts wait to be let in; decide with `master keys list`, or use a token');
}

const refused = (message: string) => fault('JOIN_REFUSED', message);

const changed = (id: HostId) =>
  fault('STORE_UNUSABLE', `what is recorded of ${id} has just changed; look again`);
