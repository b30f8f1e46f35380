// A minion's request for a certificate (PKCS #10): made with its key, which stays on the host, and
// believed by the master once node:crypto has verified that the sender holds that key.

import { verify, type KeyObject } from 'node:crypto';
import type { HostId } from '../../states/ids.ts';
import { ecdsaWithSha256, nameOf, pem, publicKeyInfo, signature } from './certificate.ts';
import { cut, encode, integer, sequence, wrapped } from './der.ts';
import { readPublicKey } from './keys.ts';

/** PEM. */
export function makeCsr(key: KeyObject, id: HostId): string {
  const asked = sequence(
    integer(Uint8Array.of(0)),
    nameOf(id),
    publicKeyInfo(key),
    wrapped(0), // No attributes: what a certificate says is the master's to decide.
  );
  return pem(label, signature(asked, key));
}

/** The key that asks for this id; undefined where the request is not whole, or not signed by it. */
export function verifyCsr(text: string, id: HostId): KeyObject | undefined {
  const [outer, ...more] = cut(bytesOf(text)) ?? [];
  if (outer?.tag !== sequenceTag || more.length > 0) return undefined;
  const [asked, algorithm, signed, ...rest] = cut(outer.content) ?? [];
  if (asked === undefined || algorithm === undefined || signed === undefined) return undefined;
  if (rest.length > 0 || !algorithm.whole.equals(encode(ecdsaWithSha256()))) return undefined;
  // A bit string begins with the number of bits that do not count.
  if (signed.tag !== bitsTag || signed.content[0] !== 0) return undefined;
  const [, subject, info] = cut(asked.content) ?? [];
  if (info === undefined || subject?.whole.equals(encode(nameOf(id))) !== true) return undefined;
  const key = readPublicKey(info.whole);
  if (key === undefined) return undefined;
  return verify('sha256', asked.whole, key, signed.content.subarray(1)) ? key : undefined;
}

const sequenceTag = 0x30;
const bitsTag = 0x03;

const label = 'CERTIFICATE REQUEST';
const first = `-----BEGIN ${label}-----`;
const last = `-----END ${label}-----`;

/** Without a regular expression over it: the text is a stranger's. */
function bytesOf(text: string): Buffer {
  const plain = text.trim();
  if (!plain.startsWith(first) || !plain.endsWith(last)) return Buffer.alloc(0);
  return Buffer.from(plain.slice(first.length, -last.length), 'base64');
}
