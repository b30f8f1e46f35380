// The authority's key is changed without a visit to any host. While it goes on there are two: hosts are
// told to trust both, each asks for a certificate of the new one once it does, and when all have one the
// new authority takes the old one's place. What the old one signed links for as long as it is on record.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fingerprintOf,
  createCa,
  openCa,
  type Authority,
} from '../../protocol/identity/authority.ts';
import { readIfThere, writeWhole } from '../../protocol/identity/files.ts';
import { fault } from '../../states/faults.ts';
import type { Store } from '../store/store.ts';
import { allIdentities, newestOf } from './records.ts';

export interface NextAuthority {
  readonly authority: Authority;
  /** PEM. */
  readonly ca: string;
  readonly digest: string;
}

const filesOf = (dir: string) => ({
  key: join(dir, 'ca.key.pem'),
  ca: join(dir, 'ca.pem'),
  nextKey: join(dir, 'ca.next.key.pem'),
  next: join(dir, 'ca.next.pem'),
  former: join(dir, 'ca.former.pem'),
  serial: join(dir, 'ca.serial'),
});

export const isRotating = async (dir: string): Promise<boolean> =>
  (await readIfThere(filesOf(dir).next)) !== undefined;

/** What there is besides the authority in use; a change that was cut off is finished first. */
export async function openRotation(
  dir: string,
  passphraseFor: (key: string, where: string) => Promise<string | undefined>,
): Promise<{ next: NextAuthority | undefined; former: string; serial: number }> {
  const files = filesOf(dir);
  const [certificate, key, former = '', serial = '0'] = await Promise.all(
    [files.next, files.nextKey, files.former, files.serial].map(readIfThere),
  );
  const rest = { former, serial: Number(serial) };
  if (certificate === undefined) return { next: undefined, ...rest };
  // The key is moved first: where it is gone, everything before it was done.
  if (key === undefined) {
    await rename(files.next, files.ca);
    return { next: undefined, ...rest };
  }
  const authority = openCa({ key, certificate }, await passphraseFor(key, files.nextKey));
  if (authority === undefined) {
    const message = `${files.next} and ${files.nextKey} are not one certificate authority of Brine`;
    throw fault('BAD_USAGE', message, { where: dir });
  }
  const digest = fingerprintOf(authority.certificate);
  return { next: { authority, ca: certificate, digest }, ...rest };
}

export async function beginRotation(
  dir: string,
  { domain, now, passphrase }: { domain: string; now: number; passphrase: string | undefined },
): Promise<void> {
  const files = filesOf(dir);
  const made = createCa(now, { domain, ...(passphrase !== undefined && { passphrase }) });
  await writeWhole(files.serial, String(now), 0o644);
  await writeWhole(files.nextKey, made.key, 0o600);
  await writeWhole(files.next, made.certificate, 0o644);
}

export async function finishRotation(dir: string, now: number): Promise<void> {
  const files = filesOf(dir);
  const [present = '', former = ''] = await Promise.all([files.ca, files.former].map(readIfThere));
  if (!former.includes(present)) await writeWhole(files.former, former + present, 0o644);
  await writeWhole(files.serial, String(now), 0o644);
  await rename(files.nextKey, files.key);
  await rename(files.next, files.ca);
}

/** Hosts whose newest certificate is of another authority; those that were revoked do not count. */
export async function notYetOn(digest: string, store: Store): Promise<readonly string[]> {
  return (await allIdentities(store)).flatMap(({ id, identity }) => {
    const follows = identity.revoked !== undefined || newestOf(identity).ca === digest;
    return follows ? [] : [id];
  });
}
