// The master's identity on disk: its certificate authority, made once, and the certificate of its
// server, renewed when it nears its end or must hold for other names.

import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  createCa,
  fingerprintOf,
  openCa,
  readCertificate,
  signServer,
  type Authority,
  type Pair,
} from '../../protocol/identity/authority.ts';
import { readIfThere, writeWhole } from '../../protocol/identity/files.ts';
import {
  isEncrypted,
  keyText,
  makeKey,
  publicHalf,
  readKey,
} from '../../protocol/identity/keys.ts';
import { makeSigningKey } from '../../protocol/identity/signing.ts';
import { limits } from '../../protocol/limits.ts';
import { fault } from '../../states/faults.ts';
import {
  beginRotation,
  finishRotation,
  openRotation,
  type NextAuthority,
  isRotating,
} from './rotation.ts';

export interface MasterIdentity {
  readonly authority: Authority;
  /** PEM. */
  readonly ca: string;
  /** sha256 of the CA's certificate, as it stands in join tokens. */
  readonly digest: string;
  readonly server: Pair;
  /** Signs what hosts are asked to run (protocol/identity/signing.ts). */
  readonly signing: KeyObject;
  /** While the authority's key is being changed. */
  readonly next: NextAuthority | undefined;
  /** PEM of those that were in use before; what they signed links while it is on record. */
  readonly former: string;
  /** Of the newest change; 0 where there was none. */
  readonly serial: number;
}

/** What a connecting host's certificate may be of, PEM. */
export const believedIn = ({ ca, next, former }: MasterIdentity): string =>
  ca + (next?.ca ?? '') + former;

export interface IdentityOptions {
  /** What minions call the master by; without it, what the certificate holds for already. */
  readonly names?: readonly string[];
  /** Unix milliseconds. */
  readonly now?: number;
}

const filesOf = (dir: string) => ({
  caKey: join(dir, 'ca.key.pem'),
  ca: join(dir, 'ca.pem'),
  signing: join(dir, 'signing.key.pem'),
  serverKey: join(dir, 'server.key.pem'),
  server: join(dir, 'server.pem'),
});

/** For `master init`: goes on from what an attempt that was killed has left. */
export async function makeIdentity(
  dir: string,
  { names, now = Date.now() }: IdentityOptions & { readonly names: readonly string[] },
): Promise<MasterIdentity> {
  const files = filesOf(dir);
  const [key = '', certificate = ''] = await Promise.all([
    readIfThere(files.caKey),
    readIfThere(files.ca),
  ]);
  if (!isEncrypted(key) && openCa({ key, certificate }) === undefined) {
    const made = createCa(now);
    await writeWhole(files.caKey, made.key, 0o600);
    await writeWhole(files.ca, made.certificate, 0o644);
  }
  return openIdentity(dir, { names, now });
}

/** Throws MASTER_UNSET where there is none, BAD_USAGE where its files do not belong together. */
export async function openIdentity(
  dir: string,
  { names, now = Date.now() }: IdentityOptions = {},
): Promise<MasterIdentity> {
  const files = filesOf(dir);
  const rotation = await openRotation(dir, passphraseFor);
  const [key, certificate] = await Promise.all([readIfThere(files.caKey), readIfThere(files.ca)]);
  if (key === undefined || certificate === undefined) {
    throw fault('MASTER_UNSET', `no certificate authority in ${dir}`);
  }
  const authority = openCa({ key, certificate }, await passphraseFor(key, files.caKey));
  if (authority === undefined && isEncrypted(key)) {
    throw fault('BAD_USAGE', 'the passphrase is not the one of this key', { where: files.caKey });
  }
  if (authority === undefined) {
    const message = `${files.ca} and ${files.caKey} are not one certificate authority of Brine`;
    throw fault('BAD_USAGE', message, { where: dir });
  }
  const digest = fingerprintOf(authority.certificate);
  const server = await openServer(files, authority, { now, ...(names && { names }) });
  const signing = await openSigning(files.signing);
  return { authority, ca: certificate, digest, server, signing, ...rotation };
}

/** Made where there is none; hosts that know another one have to join again. */
async function openSigning(path: string): Promise<KeyObject> {
  const present = await readIfThere(path);
  if (present === undefined) {
    const made = makeSigningKey();
    await writeWhole(path, keyText(made), 0o600);
    return made;
  }
  try {
    const key = createPrivateKey(present);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below, like any other key.
  }
  throw fault('BAD_USAGE', 'it is not a signing key of Brine', { where: path });
}

export const passphraseVariable = 'BRINE_CA_PASSPHRASE_FILE';

/** Not in an environment itself, which other processes can read. Undefined where none is named. */
async function readPassphrase(): Promise<string | undefined> {
  const path = process.env[passphraseVariable];
  if (path === undefined || path === '') return undefined;
  const [line = ''] = ((await readIfThere(path)) ?? '').split('\n', 1);
  if (line !== '') return line;
  throw fault('BAD_USAGE', `${passphraseVariable} names a file without a passphrase`, {
    where: path,
  });
}

async function passphraseFor(key: string, where: string): Promise<string | undefined> {
  if (!isEncrypted(key)) return undefined;
  const passphrase = await readPassphrase();
  if (passphrase !== undefined) return passphrase;
  const message = `the key of the authority is encrypted: name a file with its passphrase in ${passphraseVariable}`;
  throw fault('BAD_USAGE', message, { where });
}

/** For `master ca encrypt`: the same key, of no use without the passphrase from here on. */
export async function encryptCa(dir: string): Promise<string> {
  const files = filesOf(dir);
  const pem = await readIfThere(files.caKey);
  if (pem === undefined) throw fault('MASTER_UNSET', `no certificate authority in ${dir}`);
  // The key that takes this one's place was made without a passphrase.
  if (await isRotating(dir)) {
    const message =
      'the authority is being changed: end that first with `master ca rotate --finish`';
    throw fault('BAD_USAGE', message, { where: dir });
  }
  if (isEncrypted(pem)) throw fault('BAD_USAGE', 'it is encrypted already', { where: files.caKey });
  const passphrase = await readPassphrase();
  if (passphrase === undefined || passphrase.length < passphraseCharsMin) {
    const message = `name a file in ${passphraseVariable}, with a passphrase of ${passphraseCharsMin} characters or more in its first line`;
    throw fault('BAD_USAGE', message);
  }
  const key = readKey(pem);
  if (key === undefined) throw fault('BAD_USAGE', 'it is no key of Brine', { where: files.caKey });
  await writeWhole(files.caKey, keyText(key, passphrase), 0o600);
  return files.caKey;
}

const passphraseCharsMin = 16;

/** Makes the next authority, or lets it take the place of the present one. */
export async function rotateCa(
  dir: string,
  { authority, next }: MasterIdentity,
  now: number,
): Promise<void> {
  if (next !== undefined) {
    await finishRotation(dir, now);
    return;
  }
  const pem = (await readIfThere(filesOf(dir).caKey)) ?? '';
  const passphrase = await passphraseFor(pem, filesOf(dir).caKey);
  await beginRotation(dir, { domain: authority.domain, now, passphrase });
}

async function openServer(
  files: ReturnType<typeof filesOf>,
  authority: Authority,
  { names, now }: { readonly names?: readonly string[]; readonly now: number },
): Promise<Pair> {
  const [keyPem = '', pem = ''] = await Promise.all([
    readIfThere(files.serverKey),
    readIfThere(files.server),
  ]);
  const [key, present] = [readKey(keyPem), readCertificate(pem)];
  const wanted = names ?? (present === undefined ? [] : namesIn(present));
  if (key !== undefined && present?.checkPrivateKey(key) === true) {
    const signed = present.verify(authority.certificate.publicKey);
    if (signed && isFresh(present, now) && wanted.every((name) => holdsFor(present, name))) {
      return { key: keyPem, certificate: pem };
    }
  }
  const used = key ?? makeKey();
  const certificate = signServer(authority, { publicKey: publicHalf(used), names: wanted, now });
  const pair = { key: keyText(used), certificate };
  await writeWhole(files.serverKey, pair.key, 0o600);
  await writeWhole(files.server, certificate, 0o644);
  return pair;
}

/** Renewed in the last third of its life, and where a clock was wrong when it was made. */
function isFresh({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  const leftMs = validToDate.getTime() - now;
  return validFromDate.getTime() <= now && leftMs > (limits.serverCertificateDays * 86_400_000) / 3;
}

const holdsFor = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;

const namesIn = ({ subjectAltName = '' }: X509Certificate): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) => name);
