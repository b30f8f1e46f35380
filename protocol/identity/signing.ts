// What a host is asked to run is signed for that host by the master's signing key, apart from TLS: a
// certificate that was stolen, or a relay on the way, cannot make a minion run anything. Ed25519 over
// a canonical text, so that both ends sign and verify what they have parsed, and the disk can too.

import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import type { HostId } from '../../states/ids.ts';
import type { Call, Desire } from '../messages.ts';

export const makeSigningKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

/** The public half in base64, as it is told at the join and kept by the minion. */
export const signerText = (key: KeyObject): string =>
  (key.type === 'public' ? key : createPublicKey(key))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');

/** Undefined where the text is no such key. */
export function readSigner(text: string): KeyObject | undefined {
  try {
    const der = Buffer.from(text.trim(), 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

export const signDesire = (key: KeyObject, host: HostId, desire: Desire): string =>
  sign(null, desireBytes(host, desire), key).toString('base64');

export const isSignedDesire = (signer: KeyObject, host: HostId, desire: Desire): boolean =>
  isSigned(signer, desireBytes(host, desire), desire.signature);

/** A test runs something on the host, too. */
export const signCall = (key: KeyObject, host: HostId, call: Call): string =>
  sign(null, callBytes(host, call), key).toString('base64');

export const isSignedCall = (
  signer: KeyObject,
  host: HostId,
  { call, signature }: { readonly call: Call; readonly signature?: string },
): boolean => isSigned(signer, callBytes(host, call), signature);

/** Which authorities a host is to believe in: PEM, and a number that grows. */
export interface Trust {
  readonly ca: string;
  readonly serial: number;
}

export const signTrust = (key: KeyObject, trust: Trust): string =>
  sign(null, trustBytes(trust), key).toString('base64');

export const isSignedTrust = (signer: KeyObject, trust: Trust & { signature: string }): boolean =>
  isSigned(signer, trustBytes(trust), trust.signature);

const trustBytes = ({ ca, serial }: Trust): Buffer =>
  Buffer.from(`brine trust 1\n${canonical({ ca, serial })}`);

const isSigned = (signer: KeyObject, bytes: Buffer, signature: string | undefined): boolean =>
  signature !== undefined && verify(null, bytes, signer, Buffer.from(signature, 'base64'));

/** All of it; the first line says what is signed, so that no signature serves for something else. */
function desireBytes(host: HostId, desire: Desire): Buffer {
  const body = Object.fromEntries(Object.entries(desire).filter(([key]) => key !== 'signature'));
  return Buffer.from(`brine desire 1\n${canonical({ host, desire: body })}`);
}

const callBytes = (host: HostId, call: Call): Buffer =>
  Buffer.from(`brine call 1\n${canonical({ host, call })}`);

/** JSON with the keys of every object in order; what is undefined is not there. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const record = value as Readonly<Record<string, unknown>>;
  const parts = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
  return `{${parts.join(',')}}`;
}
