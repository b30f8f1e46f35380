// Who may link: a certificate that our authority signed, that is valid now, and that is the one on
// record for a host that is still ours. Everybody else is told why not.

import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { fingerprintOf } from '../../protocol/identity/authority.ts';
import { minionOf } from '../../protocol/identity/names.ts';
import { subprotocols } from '../../protocol/limits.ts';
import type { HostId } from '../../states/ids.ts';
import type { Store } from '../store/store.ts';
import type { HostRecord } from '../views/hosts.ts';
import { knownHost } from './records.ts';

/** A peer that has proven whose key it holds. */
export interface Holder {
  readonly host: HostId;
  readonly fingerprint: string;
  /** When its certificate ends. */
  readonly expiresAt: number;
}

/** Whose certificates are ours. */
export interface Believed {
  readonly certificates: readonly X509Certificate[];
  readonly domain: string;
}

/** The reason is meant for the peer, and tells it nothing that it does not know. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Throws a Refusal. */
export function holderOf(socket: Socket, { certificates, domain }: Believed, now: number): Holder {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!(socket instanceof TLSSocket) || certificate === undefined) {
    throw new Refusal(401, 'a certificate is needed: this host has to join first');
  }
  const ours = certificates.some(({ publicKey }) => certificate.verify(publicKey));
  if (!socket.authorized && !ours) {
    throw new Refusal(403, 'the certificate is not of this master’s authority');
  }
  refuseOutOfTime(certificate, now);
  const host = minionOf(certificate, domain);
  if (host === undefined) throw new Refusal(403, 'the certificate is not one of a minion');
  // What TLS itself found wrong counts in any case.
  if (!socket.authorized) {
    throw new Refusal(403, `the certificate does not hold: ${String(socket.authorizationError)}`);
  }
  const expiresAt = certificate.validToDate.getTime();
  return { host, fingerprint: fingerprintOf(certificate), expiresAt };
}

function refuseOutOfTime({ validFromDate, validToDate }: X509Certificate, now: number): void {
  const here = `the clock here says ${new Date(now).toISOString()}`;
  if (validToDate.getTime() <= now) {
    const ended = `the certificate expired at ${validToDate.toISOString()}`;
    throw new Refusal(403, `${ended}, and ${here}: join again, or set the clock that is wrong`);
  }
  if (validFromDate.getTime() > now) {
    const begins = `the certificate is not valid before ${validFromDate.toISOString()}`;
    throw new Refusal(403, `${begins}, and ${here}: one of the two clocks is wrong`);
  }
}

/** Throws a Refusal where the host was removed, or has another certificate now. */
export async function hostOf(store: Store, holder: Holder): Promise<HostRecord> {
  const { host, identity } = await knownHost(store, holder.host);
  if (host === undefined || identity === undefined) {
    throw new Refusal(403, `${holder.host} is no host of this master, or not any more`);
  }
  if (identity.value.revoked !== undefined) {
    throw new Refusal(403, `${holder.host} was revoked by a person on the master`);
  }
  const { fingerprint, next } = identity.value;
  if (holder.fingerprint !== fingerprint && holder.fingerprint !== next?.fingerprint) {
    const message = `${holder.host} has joined again since: this certificate is not its own any more`;
    throw new Refusal(403, message);
  }
  return host.value;
}

/** The best version of the protocol that both know; throws a Refusal. */
export function commonProtocol(offered: string | undefined): string {
  const theirs = (offered ?? '').split(',').map((each) => each.trim());
  const common = subprotocols.find((each) => theirs.includes(each));
  if (common !== undefined) return common;
  const known = subprotocols.join(', ');
  const said = theirs.join(', ').slice(0, 100) || 'none';
  throw new Refusal(400, `no common version of the protocol: offered ${said}, known here ${known}`);
}
