// What the API says of the keys that hosts have or ask for.
//
//   GET  /v1/keys
//   POST /v1/keys/:id {verdict, key, labels?, actor}
//   POST /v1/ca/rotate {finish, actor}    on the master's own machine only

export interface KeyView {
  readonly id: string;
  readonly state: 'pending' | 'rejected' | 'accepted' | 'revoked';
  /** sha256 of the host's public key, 64 hex digits: what the host shows, too. */
  readonly key: string;
  /** Where it asked from; null for one that is in. */
  readonly address: string | null;
  /** When the request ends, or the certificate. */
  readonly expiresAt: number;
}

export interface KeysView {
  /** sha256 of the CA's certificate: what a host that joins without a token shows. */
  readonly ca: string;
  readonly keys: readonly KeyView[];
  /** While the authority's key is being changed: hosts that have not followed. Else null. */
  readonly rotation: { readonly waiting: readonly string[] } | null;
}

export interface KeyDecision {
  /** `delete`: as if it had never asked, or the host were not there. */
  readonly verdict: 'accept' | 'reject' | 'revoke' | 'delete';
  /** The key that was looked at; another one under the same id is not meant. */
  readonly key: string;
  /** For one that is accepted. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly actor: string;
}
