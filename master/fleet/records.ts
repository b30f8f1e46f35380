// What the store holds of a host: who it is to people, written by them and by what it tells; and which
// certificate is its own, written only when it joins.

import type { KeyObject } from 'node:crypto';
import type { HostId } from '../../states/ids.ts';
import type { Entry, Store } from '../store/store.ts';
import type { HostRecord } from '../views/hosts.ts';

export interface Certified {
  /** sha256 of the certificate. */
  readonly fingerprint: string;
  /** sha256 of its public key. */
  readonly key: string;
  readonly expiresAt: number;
  /** sha256 of the authority that signed it. */
  readonly ca: string;
}

/** Signs a certificate for a host's key, PEM; by the newest authority that the host believes in. */
export type Certify = (asked: {
  readonly publicKey: KeyObject;
  readonly id: HostId;
  readonly trust?: number;
}) => { readonly pem: string; readonly ca: string };

/** Which certificate may link as the host. */
export interface IdentityRecord extends Certified {
  /** The one that was signed last, until the host has linked with it: then it is the only one. */
  readonly next?: Certified;
  /** The id of the join token it came with; empty where a person let it in. */
  readonly token: string;
  /** Set for good: the host keeps its place and its id, and links no more. */
  readonly revoked?: { readonly at: number; readonly actor: string };
}

/** The certificate that was signed last. */
export const newestOf = (identity: IdentityRecord): Certified => identity.next ?? identity;

/** A host without a token that has asked to be let in. Ends by age. */
export interface JoinRequestRecord {
  readonly id: HostId;
  /** sha256 of its public key. */
  readonly key: string;
  readonly csr: string;
  readonly address: string;
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly state: 'pending' | 'rejected' | 'accepted';
  /** PEM, once accepted. */
  readonly certificate?: string;
}

export const hostKey = (id: HostId): string => `hosts/${id}`;
export const requestKey = (id: HostId): string => `join-requests/${id}`;
export const identityKey = (id: HostId): string => `identities/${id}`;

export async function allIdentities(
  store: Pick<Store, 'range'>,
): Promise<readonly { readonly id: string; readonly identity: IdentityRecord }[]> {
  const prefix = identityKey('' as HostId);
  return (await store.range(prefix)).map(({ key, value }) => ({
    id: key.slice(prefix.length),
    identity: value as IdentityRecord,
  }));
}

export interface KnownHost {
  readonly host: Entry<HostRecord> | undefined;
  readonly identity: Entry<IdentityRecord> | undefined;
}

export async function knownHost(store: Store, id: HostId): Promise<KnownHost> {
  const [host, identity] = await Promise.all([store.get(hostKey(id)), store.get(identityKey(id))]);
  return {
    host: host as Entry<HostRecord> | undefined,
    identity: identity as Entry<IdentityRecord> | undefined,
  };
}
