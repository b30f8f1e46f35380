// What lets a new host in: `brine1.<sha256 of the CA's certificate>.<id>.<secret>`. The digest tells
// the minion whom it may give the secret to; the master keeps only a hash of the secret.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface JoinToken {
  /** 64 hex digits. */
  readonly ca: string;
  /** 12 hex digits; may be shown. */
  readonly id: string;
  /** 256 random bits, in base64url. */
  readonly secret: string;
}

export const makeToken = (ca: string): JoinToken => ({
  ca,
  id: randomBytes(6).toString('hex'),
  secret: randomBytes(32).toString('base64url'),
});

export const tokenText = ({ ca, id, secret }: JoinToken): string => `brine1.${ca}.${id}.${secret}`;

/** Undefined for what is no token, whatever is wrong with it. */
export function parseToken(raw: string): JoinToken | undefined {
  const [, ca, id, secret] = pattern.exec(raw.trim()) ?? [];
  if (ca === undefined || id === undefined || secret === undefined) return undefined;
  return { ca, id, secret };
}

const pattern = /^brine1\.([0-9a-f]{64})\.([0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** Enough for 256 random bits; a slow hash is for what people choose. */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** Takes as long whether or not there is a hash to compare with. */
export function isSecretOf(secret: string, hash: string | undefined): boolean {
  const known = Buffer.from(hash ?? '0'.repeat(64), 'hex');
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), known) && hash !== undefined;
}
