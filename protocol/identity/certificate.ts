// A certificate: its structure is put together here, its signature is made by node:crypto
// (docs/decisions/0003).

import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { ipv6Groups } from '../address.ts';
import {
  bits,
  encode,
  integer,
  octets,
  oid,
  sequence,
  set,
  tagged,
  text,
  time,
  truth,
  wrapped,
  type Node,
} from './der.ts';
import { publicBytes } from './keys.ts';

export interface CertificateContent {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  /** Unix milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly use: 'authority' | 'server' | 'client';
  readonly uris: readonly string[];
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[];
}

/** PEM. */
export function makeCertificate(content: CertificateContent): string {
  const { issuer, subject, publicKey, from, until } = content;
  const signed = sequence(
    wrapped(0, integer(Uint8Array.of(2))),
    integer(serialNumber()),
    ecdsaWithSha256(),
    nameOf(issuer.name),
    sequence(time(new Date(from)), time(new Date(until))),
    nameOf(subject),
    publicKeyInfo(publicKey),
    wrapped(3, sequence(...extensions(content))),
  );
  return pem('CERTIFICATE', signature(signed, issuer.key));
}

/** The node with its signature: the outer form that certificates and requests share. */
export const signature = (signed: Node, key: KeyObject): Buffer =>
  encode(sequence(signed, ecdsaWithSha256(), bits(sign('sha256', encode(signed), key))));

export const ecdsaWithSha256 = (): Node => sequence(oid('1.2.840.10045.4.3.2'));

/** One common name. */
export const nameOf = (common: string): Node =>
  sequence(set(sequence(oid('2.5.4.3'), text(common))));

export const publicKeyInfo = (key: KeyObject): Node =>
  sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(pointOf(key)));

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** An uncompressed point of P-256 is the last 65 bytes of its key's DER. */
const pointOf = (key: KeyObject): Buffer => publicBytes(key).subarray(-65);

/** 127 random bits, positive and never with a leading zero byte. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

function extensions({ use, uris, hosts = [], publicKey, issuer }: CertificateContent): Node[] {
  const names = [...hosts.map(hostName), ...uris.map((uri) => tagged(6, Buffer.from(uri)))];
  return [
    critical('2.5.29.19', use === 'authority' ? authorityOfLeaves() : sequence()),
    critical(
      '2.5.29.15',
      use === 'authority' ? bits(Uint8Array.of(0x06), 1) : bits(Uint8Array.of(0x80), 7),
    ),
    ...(use === 'authority' ? [] : [extension('2.5.29.37', sequence(oid(purposes[use])))]),
    extension('2.5.29.17', sequence(...names)),
    extension('2.5.29.14', octets(keyId(publicKey))),
    extension('2.5.29.35', sequence(tagged(0, keyId(issuer.key)))),
  ];
}

const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** It signs, and nothing that it signs may sign others. */
const authorityOfLeaves = (): Node => sequence(truth(), integer(Uint8Array.of(0)));

const extension = (id: string, value: Node): Node => sequence(oid(id), octets(encode(value)));
const critical = (id: string, value: Node): Node =>
  sequence(oid(id), truth(), octets(encode(value)));

const keyId = (key: KeyObject): Buffer => createHash('sha1').update(pointOf(key)).digest();

const hostName = (host: string): Node =>
  isIP(host) === 0 ? tagged(2, Buffer.from(host)) : tagged(7, addressBytes(host));

/** Four or sixteen bytes. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  ipv6Groups(address).forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  return bytes;
}
