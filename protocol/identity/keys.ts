// Keys: EC P-256, made by node:crypto, kept as PKCS #8 in PEM.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/** A private key; its public half is derived from it. */
export const makeKey = (): KeyObject =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** With a passphrase it is of no use without that. */
export const keyText = (key: KeyObject, passphrase?: string): string =>
  key
    .export({
      ...{ type: 'pkcs8', format: 'pem' },
      ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();

export const isEncrypted = (pem: string): boolean => pem.includes('BEGIN ENCRYPTED PRIVATE KEY');

/** Undefined where the text is no private key of our kind, or the passphrase is not its own. */
export function readKey(pem: string, passphrase?: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
    return isOurs(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** From the DER of a SubjectPublicKeyInfo; undefined where it is no public key of our kind. */
export function readPublicKey(der: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    // Another encoding of the same key would have another digest.
    return isOurs(key) && publicBytes(key).equals(der) ? key : undefined;
  } catch {
    return undefined;
  }
}

export const publicHalf = (key: KeyObject): KeyObject =>
  key.type === 'public' ? key : createPublicKey(key);

/** DER of the SubjectPublicKeyInfo. */
export const publicBytes = (key: KeyObject): Buffer =>
  publicHalf(key).export({ type: 'spki', format: 'der' });

/** sha256 over the public half: 64 hex digits that name the key. */
export const keyDigest = (key: KeyObject): string =>
  createHash('sha256').update(publicBytes(key)).digest('hex');

/** A digest as people compare it: eight groups. */
export const digestText = (digest: string): string => (digest.match(/.{1,8}/g) ?? []).join(':');

/** Whatever people write between its digits; undefined where it is no digest. */
export function parseDigest(raw: string): string | undefined {
  const digits = raw
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replace(/[\s:]/g, '');
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

const isOurs = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
