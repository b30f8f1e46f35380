// The certificate authority of one master: made once, signs the master's own certificate and those
// of the minions.

import { createHash, randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import type { HostId } from '../../states/ids.ts';
import { limits } from '../limits.ts';
import { makeCertificate } from './certificate.ts';
import { keyText, makeKey, publicHalf, readKey } from './keys.ts';
import { authorityUri, domainOf, masterUri, minionUri } from './names.ts';

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly domain: string;
}

/** A key and its certificate as they stand in files. */
export interface Pair {
  readonly key: string;
  readonly certificate: string;
}

const dayMs = 86_400_000;
/** Certificates hold from a little before they were made: no two clocks agree. */
export const backdatedMs = 5 * 60_000;

export function createCa(
  now: number,
  {
    domain = randomBytes(8).toString('hex'),
    passphrase,
  }: { readonly domain?: string; readonly passphrase?: string } = {},
): Pair {
  const key = makeKey();
  const subject = nameOf(domain);
  const certificate = makeCertificate({
    subject,
    publicKey: publicHalf(key),
    issuer: { name: subject, key },
    from: now - backdatedMs,
    until: now + limits.caYears * 365 * dayMs,
    use: 'authority',
    uris: [authorityUri(domain)],
  });
  return { key: keyText(key, passphrase), certificate };
}

/** Undefined where the two are not one authority of ours. */
export function openCa(
  { key: keyPem, certificate: pem }: Pair,
  passphrase?: string,
): Authority | undefined {
  const key = readKey(keyPem, passphrase);
  const certificate = readCertificate(pem);
  const domain = certificate === undefined ? undefined : domainOf(certificate);
  if (key === undefined || certificate === undefined || domain === undefined) return undefined;
  return certificate.checkPrivateKey(key) ? { certificate, key, domain } : undefined;
}

/** For the master itself, valid for the names and addresses that minions reach it by. */
export const signServer = (
  authority: Authority,
  { publicKey, names, now }: { publicKey: KeyObject; names: readonly string[]; now: number },
): string =>
  makeCertificate({
    subject: 'brine master',
    publicKey,
    issuer: { name: nameOf(authority.domain), key: authority.key },
    from: now - backdatedMs,
    until: now + limits.serverCertificateDays * dayMs,
    use: 'server',
    uris: [masterUri(authority.domain)],
    hosts: names,
  });

/** The answer to a minion's request: its key, and the id that the master grants. */
export const signCsr = (
  authority: Authority,
  {
    publicKey,
    id,
    now,
    certificateMs = limits.certificateMs,
  }: { publicKey: KeyObject; id: HostId; now: number; certificateMs?: number },
): string =>
  makeCertificate({
    subject: id,
    publicKey,
    issuer: { name: nameOf(authority.domain), key: authority.key },
    from: now - backdatedMs,
    until: now + certificateMs,
    use: 'client',
    uris: [minionUri(authority.domain, id)],
  });

/** Undefined where the text is no certificate. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** All that stand in a PEM, one after the other; what is none is left out. */
export const readCertificates = (pem: string): readonly X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [])
    .map(readCertificate)
    .filter((each) => each !== undefined);

/** sha256 over the DER: 64 hex digits. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex');

const nameOf = (domain: string): string => `brine ca ${domain}`;
