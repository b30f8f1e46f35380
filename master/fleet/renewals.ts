// Certificates are renewed over the live link. Until the host has linked with the new one, the old one
// holds too: the answer may be lost, or the host may die before it has written it down.

import { X509Certificate } from 'node:crypto';
import { fingerprintOf } from '../../protocol/identity/authority.ts';
import { keyDigest } from '../../protocol/identity/keys.ts';
import { verifyCsr } from '../../protocol/identity/request.ts';
import type { FromMinion } from '../../protocol/messages.ts';
import type { World } from '../../protocol/world.ts';
import type { EventLog } from '../eventlog.ts';
import type { Store } from '../store/store.ts';
import type { HostRecord } from '../views/hosts.ts';
import { hostOf, Refusal, type Holder } from './admission.ts';
import { Rate } from './rate.ts';
import {
  identityKey,
  knownHost,
  type Certified,
  type Certify,
  type IdentityRecord,
} from './records.ts';

export interface RenewalsOptions {
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly certify: Certify;
}

export type Asked = Pick<Extract<FromMinion, { type: 'renew' }>, 'csr' | 'trust'>;

export interface Renewed {
  /** PEM. */
  readonly certificate: string;
  readonly expiresAt: number;
}

const attemptsMax = 5;

export class Renewals {
  readonly #options: RenewalsOptions;
  readonly #rate: Rate;

  constructor(options: RenewalsOptions) {
    this.#options = options;
    // Once in weeks is what is due; some more for hosts that are started anew meanwhile.
    this.#rate = new Rate(options.world, { burst: 10, msEach: 60_000, neighboursMax: 20_000 });
  }

  /** Throws a {@link Refusal}, which ends the link. */
  async renew(holder: Holder, { csr, trust }: Asked): Promise<Renewed> {
    const { store, eventlog, certify } = this.#options;
    const { host } = holder;
    if (this.#rate.take(host) > 0)
      throw new Refusal(429, `${host} renews its certificate too often`);
    const publicKey = verifyCsr(csr, host);
    if (publicKey === undefined) throw new Refusal(400, 'the request is not signed by its key');
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      await hostOf(store, holder);
      const { identity } = await knownHost(store, host);
      if (identity === undefined) continue;
      const { pem: certificate, ca } = certify({ publicKey, id: host, trust });
      const signed = new X509Certificate(certificate);
      const expiresAt = signed.validToDate.getTime();
      const next: Certified = {
        ...{ fingerprint: fingerprintOf(signed), key: keyDigest(publicKey), expiresAt, ca },
      };
      const value: IdentityRecord = { ...identity.value, next };
      const done = await eventlog.commit(
        [{ key: identity.key, revision: identity.revision }],
        [{ put: identity.key, value }],
        [
          {
            ...{ kind: 'fleet', what: 'renewed', host, actor: `minion:${host}`, cause: 'renewal' },
            message: `${host} renewed its certificate, until ${signed.validToDate.toISOString()}`,
          },
        ],
      );
      if (done) return { certificate, expiresAt };
    }
    throw new Error(`the identity of ${host} keeps changing`);
  }

  /** Throws a {@link Refusal}. Who links with the new certificate needs the old one no more. */
  async settle(holder: Holder): Promise<HostRecord> {
    const { store } = this.#options;
    const record = await hostOf(store, holder);
    const { identity } = await knownHost(store, holder.host);
    const next = identity?.value.next;
    if (identity === undefined || next?.fingerprint !== holder.fingerprint) return record;
    const settled = Object.entries({ ...identity.value, ...next });
    const value = Object.fromEntries(settled.filter(([name]) => name !== 'next'));
    // Lost against somebody else: then the next link settles it.
    await store.commit(
      [{ key: identityKey(holder.host), revision: identity.revision }],
      [{ put: identityKey(holder.host), value }],
    );
    return record;
  }
}
