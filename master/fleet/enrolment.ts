// A host that joins with a token: the token is checked, its key is proven, its id is given out once. The host, its
// certificate, the use of the token and the event that tells it are one commit.

import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import {
  enrolRequest,
  type EnrolAnswer,
  type EnrolRequest,
  type EnrolWaiting,
} from '../../protocol/enrol.ts';
import { fingerprintOf } from '../../protocol/identity/authority.ts';
import { keyDigest } from '../../protocol/identity/keys.ts';
import { verifyCsr } from '../../protocol/identity/request.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import { globMatches } from '../../states/glob.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import type { EventLog } from '../eventlog.ts';
import type { Entry, Store } from '../store/store.ts';
import type { HostRecord } from '../views/hosts.ts';
import type { JoinRequests } from './join-requests.ts';
import type { JoinTokenRecord, JoinTokens } from './join-tokens.ts';
import {
  hostKey,
  identityKey,
  knownHost,
  requestKey,
  type Certify,
  type IdentityRecord,
} from './records.ts';
import { Turns } from './turns.ts';

export interface EnrolmentOptions {
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly certify: Certify;
  /** Told to those who are let in. */
  readonly signer: string;
  readonly tokens: JoinTokens;
  readonly requests: JoinRequests;
}

type WithToken = EnrolRequest & { readonly token: NonNullable<EnrolRequest['token']> };

const attemptsMax = 5;

export class Enrolment {
  readonly #options: EnrolmentOptions;
  readonly #turns = new Turns();

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /** Throws JOIN_REFUSED with the reason, or BAD_USAGE for what is no request. */
  async enrol(raw: unknown, address: string): Promise<EnrolAnswer | EnrolWaiting> {
    const parsed = enrolRequest.safeParse(raw);
    if (!parsed.success) throw fault('BAD_USAGE', 'not a request to join');
    const { token, ...asked } = parsed.data;
    if (token === undefined) return this.#options.requests.ask(asked, address);
    const request = { ...asked, token };
    // One at a time, so that those who share a token do not all try again and again.
    return this.#turns.run('enrol', async () => {
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const answer = await this.#once(request);
        if (answer !== undefined) return answer;
      }
      throw fault('STORE_UNUSABLE', 'the records of the host or the token keep changing');
    });
  }

  /** Undefined where something else was written at the same time. */
  async #once(request: WithToken): Promise<EnrolAnswer | undefined> {
    const { store, eventlog, world } = this.#options;
    const now = world.now();
    const token = await this.#token(request, now);
    const id = idOf(request, token.value);
    const publicKey = verifyCsr(request.csr, id);
    if (publicKey === undefined) throw refused('the request is not signed by the key in it');
    const key = keyDigest(publicKey);
    const known = await knownHost(store, id);
    const held = known.identity?.value;
    // Either, while a renewal is not settled.
    const again = known.host !== undefined && [held?.key, held?.next?.key].includes(key);
    if (known.identity?.value.revoked !== undefined) {
      throw refused(`${id} was revoked; \`master keys delete ${id}\` frees its id`);
    }
    if (known.host !== undefined && !again) {
      throw refused(`${id} is taken by another host; \`master keys delete ${id}\` frees it`);
    }
    // Whoever asks once more did not get the answer: it costs no other use.
    const repeated = again && known.identity?.value.token === token.value.id;
    if (!repeated && token.value.usesLeft <= 0) throw refused('the token is used up');
    const { pem, ca, fingerprint, expiresAt } = this.#certificate(id, publicKey);
    const host = hostRecord(id, known.host?.value, { labels: token.value.labels, now, repeated });
    const identity: IdentityRecord = { fingerprint, key, token: token.value.id, expiresAt, ca };
    const usesLeft = token.value.usesLeft - (repeated ? 0 : 1);
    const done = await eventlog.commit(
      [
        { key: hostKey(id), revision: known.host?.revision ?? 0 },
        { key: identityKey(id), revision: known.identity?.revision ?? 0 },
        { key: token.key, revision: token.revision },
      ],
      [
        { put: hostKey(id), value: host },
        { put: identityKey(id), value: identity },
        { put: token.key, value: { ...token.value, usesLeft } },
        // Whoever had asked without a token meanwhile has no use for it any more.
        { delete: requestKey(id) },
      ],
      [
        {
          ...{ kind: 'fleet', what: 'joined', host: id, actor: `minion:${id}`, cause: 'join' },
          message: `${id} joined${again ? ' again' : ''} with token ${token.value.id}`,
        },
      ],
    );
    if (!done) return undefined;
    return { certificate: pem, labels: { ...host.labels }, signer: this.#options.signer };
  }

  /** Nothing is told of a token to one who does not hold its secret. */
  async #token({ token }: WithToken, now: number): Promise<Entry<JoinTokenRecord>> {
    const found = await this.#options.tokens.find(token.id, token.secret);
    if (found === undefined) throw refused('the token is not one of this master');
    const { expiresAt } = found.value;
    if (expiresAt <= now)
      throw refused(`the token expired at ${new Date(expiresAt).toISOString()}`);
    return found;
  }

  #certificate(id: HostId, publicKey: KeyObject) {
    const { pem, ca } = this.#options.certify({ publicKey, id });
    const certificate = new X509Certificate(pem);
    const expiresAt = certificate.validToDate.getTime();
    return { pem, ca, fingerprint: fingerprintOf(certificate), expiresAt };
  }
}

function idOf({ id: raw }: WithToken, { bound }: JoinTokenRecord): HostId {
  const id = parseHostId(raw);
  if (id === undefined) throw fault('BAD_USAGE', 'not the id of a host');
  if (bound !== null && !globMatches(bound, id)) {
    throw refused(`the token is for ${bound}, not for ${id}`);
  }
  return id;
}

/** What people have given a host stays; a new token adds its labels. */
function hostRecord(
  id: HostId,
  present: HostRecord | undefined,
  { labels, now, repeated }: Pick<JoinTokenRecord, 'labels'> & { now: number; repeated: boolean },
): HostRecord {
  if (present === undefined) {
    return { id, lastSeen: null, joinedAt: now, version: null, labels, facts: {} };
  }
  return repeated ? present : { ...present, labels: { ...present.labels, ...labels } };
}

const refused = (message: string) => fault('JOIN_REFUSED', message);
