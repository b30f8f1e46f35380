// The little of DER that certificates need. forge encodes what we make; what comes from outside is
// only cut into parts here, and believed after node:crypto has verified it. The only file that
// imports node-forge.

import type { asn1 as Forge } from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';

export type Node = Forge.Asn1;

const { Class, Type } = asn1;

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const simple = (type: Forge.Type, value: string): Node =>
  asn1.create(Class.UNIVERSAL, type, false, value);

export const sequence = (...parts: Node[]): Node =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
export const set = (...parts: Node[]): Node => asn1.create(Class.UNIVERSAL, Type.SET, true, parts);
export const oid = (dotted: string): Node => simple(Type.OID, asn1.oidToDer(dotted).getBytes());
export const integer = (bytes: Uint8Array): Node => simple(Type.INTEGER, binary(bytes));
export const truth = (): Node => simple(Type.BOOLEAN, '\xff');
export const text = (value: string): Node => simple(Type.UTF8, binary(Buffer.from(value)));
export const octets = (bytes: Uint8Array): Node => simple(Type.OCTETSTRING, binary(bytes));
/** `unused` bits at the end of the last byte do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Node =>
  simple(Type.BITSTRING, String.fromCharCode(unused) + binary(bytes));
/** Two digits of the year until 2049, four from then on, as X.509 wants it. */
export const time = (at: Date): Node =>
  at.getUTCFullYear() < 2050
    ? simple(Type.UTCTIME, asn1.dateToUtcTime(at))
    : simple(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(at));
/** `[number]` around other parts. */
export const wrapped = (number: number, ...parts: Node[]): Node =>
  asn1.create(Class.CONTEXT_SPECIFIC, number, true, parts);
/** `[number]` in place of the type of these bytes. */
export const tagged = (number: number, bytes: Uint8Array): Node =>
  asn1.create(Class.CONTEXT_SPECIFIC, number, false, binary(bytes));

export const encode = (node: Node): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1');

export interface Part {
  readonly tag: number;
  /** Tag, length and content, as they came. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** Cuts bytes into the values they are made of, one level deep; undefined where they are not DER. */
export function cut(bytes: Buffer): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = headAt(bytes, at);
    if (head === undefined || head.end > bytes.length) return undefined;
    parts.push({
      tag: bytes.readUInt8(at),
      whole: bytes.subarray(at, head.end),
      content: bytes.subarray(head.begin, head.end),
    });
    at = head.end;
  }
  return parts;
}

/** Lengths of up to two bytes: nothing that is cut here is larger than a request may be. */
function headAt(bytes: Buffer, at: number): { begin: number; end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return { begin: at + 2, end: at + 2 + first };
  const size = first - 0x80;
  if (size < 1 || size > 2 || at + 2 + size > bytes.length) return undefined;
  const begin = at + 2 + size;
  return { begin, end: begin + bytes.readUIntBE(at + 2, size) };
}
