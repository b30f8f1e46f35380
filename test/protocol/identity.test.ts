// Long because each kind of certificate, request and key is checked by openssl as well.

import { execFileSync, spawnSync, type ExecFileSyncOptions } from 'node:child_process';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCa,
  fingerprintOf,
  openCa,
  signCsr,
  signServer,
  type Authority,
  type Pair,
} from '../../protocol/identity/authority.ts';
import { cut } from '../../protocol/identity/der.ts';
import { keyDigest, keyText, makeKey, publicHalf, readKey } from '../../protocol/identity/keys.ts';
import { minionOf } from '../../protocol/identity/names.ts';
import { makeCsr, verifyCsr } from '../../protocol/identity/request.ts';
import {
  hashSecret,
  isSecretOf,
  makeToken,
  parseToken,
  tokenText,
} from '../../protocol/identity/token.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';

const dir = mkdtempSync(join(tmpdir(), 'brine-identity-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const openssl = (...args: string[]): { code: number | null; text: string } => {
  const done = spawnSync('openssl', args, { encoding: 'utf8' });
  return { code: done.status, text: done.stdout + done.stderr };
};

const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'pipe', 'ignore'] };
const dayMs = 86_400_000;
const now = Math.floor(Date.now() / 1_000) * 1_000;
const web1 = parseHostId('web-1') as HostId;

let pair: Pair;
let ca: Authority;
let caFile: string;
beforeAll(() => {
  pair = createCa(now);
  const opened = openCa(pair);
  if (opened === undefined) throw new Error('not an authority');
  ca = opened;
  caFile = file('ca.pem', pair.certificate);
});

describe('the authority', () => {
  it('is one that openssl and node take for one, for ten years', () => {
    expect(openssl('verify', '-x509_strict', '-CAfile', caFile, caFile)).toMatchObject({ code: 0 });
    const { certificate } = ca;
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validToDate.getTime()).toBe(now + 3_650 * dayMs);
    expect(certificate.validFromDate.getTime()).toBe(now - 5 * 60_000);
    const text = openssl('x509', '-in', caFile, '-noout', '-text').text;
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(text).toContain('ASN1 OID: prime256v1');
  });

  it('is not opened with the key of another, nor from what is no authority', () => {
    const other = createCa(now);
    expect(openCa({ ...pair, key: other.key })).toBeUndefined();
    expect(openCa({ ...pair, certificate: 'nothing' })).toBeUndefined();
    const key = makeKey();
    const leaf = signCsr(ca, { publicKey: publicHalf(key), id: web1, now });
    expect(openCa({ key: keyText(key), certificate: leaf })).toBeUndefined();
  });

  it('has dates that hold past 2049, where their form changes', () => {
    const late = createCa(Date.UTC(2045, 0, 1));
    const { validToDate } = new X509Certificate(late.certificate);
    expect(validToDate.getUTCFullYear()).toBe(2054);
    const text = openssl(
      'x509',
      '-in',
      file('late.pem', late.certificate),
      '-noout',
      '-dates',
    ).text;
    expect(text).toContain('notAfter=Dec 30 00:00:00 2054 GMT');
  });
});

describe('the server’s certificate', () => {
  it('holds for every name and address it was made for, and no other', () => {
    const names = ['master.example.com', 'localhost', '10.1.2.3', '::1', '2001:db8::7:0:9'];
    const key = makeKey();
    const pem = signServer(ca, { publicKey: publicHalf(key), names, now });
    const path = file('server.pem', pem);
    const verify = (...more: string[]) =>
      openssl('verify', '-x509_strict', '-purpose', 'sslserver', ...more, '-CAfile', caFile, path);
    expect(verify('-verify_hostname', 'master.example.com').code).toBe(0);
    for (const ip of ['10.1.2.3', '::1', '2001:db8::7:0:9']) {
      expect(verify('-verify_ip', ip).code, ip).toBe(0);
      expect(new X509Certificate(pem).checkIP(ip)).toBe(ip);
    }
    expect(verify('-verify_hostname', 'other.example.com').code).not.toBe(0);
    expect(verify('-verify_ip', '10.1.2.4').code).not.toBe(0);
    expect(new X509Certificate(pem).checkPrivateKey(key)).toBe(true);
  });

  it('lets nobody in as a minion', () => {
    const pem = signServer(ca, { publicKey: publicHalf(makeKey()), names: ['localhost'], now });
    const path = file('server-only.pem', pem);
    const verified = openssl('verify', '-purpose', 'sslclient', '-CAfile', caFile, path);
    expect(verified.code).not.toBe(0);
    expect(minionOf(new X509Certificate(pem), ca.domain)).toBeUndefined();
  });
});

describe('a minion’s certificate', () => {
  it('is made from a request that openssl verifies, and verifies itself', () => {
    const key = makeKey();
    const csr = makeCsr(key, web1);
    const request = openssl('req', '-verify', '-noout', '-in', file('web-1.csr', csr));
    expect(request).toMatchObject({ code: 0 });
    expect(request.text).toContain('verify OK');

    const publicKey = verifyCsr(csr, web1);
    if (publicKey === undefined) throw new Error('the request was refused');
    const pem = signCsr(ca, { publicKey, id: web1, now });
    const path = file('web-1.pem', pem);
    const verify = (purpose: string) =>
      openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', caFile, path).code;
    expect(verify('sslclient')).toBe(0);
    expect(verify('sslserver')).not.toBe(0);
    const certificate = new X509Certificate(pem);
    expect(certificate.checkIssued(ca.certificate)).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.subjectAltName).toBe(`URI:brine://${ca.domain}/minion/web-1`);
    expect(certificate.validToDate.getTime()).toBe(now + 90 * dayMs);
    expect(minionOf(certificate, ca.domain)).toBe('web-1');
    expect(minionOf(certificate, '0123456789abcdef')).toBeUndefined();
    const printed = openssl('x509', '-in', path, '-noout', '-fingerprint', '-sha256').text;
    expect(printed.split('=')[1]?.trim().replaceAll(':', '').toLowerCase()).toBe(
      fingerprintOf(certificate),
    );
  });

  it('of another authority does not verify', () => {
    const other = openCa(createCa(now)) as Authority;
    const pem = signCsr(other, { publicKey: publicHalf(makeKey()), id: web1, now });
    const verified = openssl('verify', '-CAfile', caFile, file('foreign.pem', pem));
    expect(verified.code).not.toBe(0);
  });

  it('never has a serial number that was given before', () => {
    const serials = Array.from({ length: 50 }, () => {
      const pem = signCsr(ca, { publicKey: publicHalf(makeKey()), id: web1, now });
      return new X509Certificate(pem).serialNumber;
    });
    expect(new Set(serials).size).toBe(50);
  });
});

describe('a request', () => {
  it('made by openssl with the same name is taken too', () => {
    const keyPath = join(dir, 'own.key');
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'];
    const csr = execFileSync(
      'openssl',
      [...['req', '-new', ...kind, '-keyout', keyPath, '-subj', '/CN=web-1', '-utf8']],
      quiet,
    ).toString();
    expect(verifyCsr(csr, web1)?.equals(publicHalf(readKey(readFileSync(keyPath, 'utf8'))!))).toBe(
      true,
    );
  });

  it('is refused for another id, altered anywhere, or signed by another key', () => {
    const key = makeKey();
    const csr = makeCsr(key, web1);
    expect(verifyCsr(csr, parseHostId('web-2') as HostId)).toBeUndefined();
    const der = Buffer.from(csr.split('-----')[2] ?? '', 'base64');
    for (let at = 0; at < der.length; at += 1) {
      const altered = Buffer.from(der);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      expect(verifyCsr(asPem(altered), web1), `byte ${at}`).toBeUndefined();
    }
    expect(verifyCsr(asPem(Buffer.concat([der, Buffer.alloc(1)])), web1)).toBeUndefined();
    // The body of one request under the signature of another.
    const other = makeCsr(makeKey(), web1);
    const [mine, foreign] = [der, Buffer.from(other.split('-----')[2] ?? '', 'base64')].map(
      (bytes) => cut(cut(bytes)?.[0]?.content ?? Buffer.alloc(0)) ?? [],
    );
    const mixed = Buffer.concat([mine?.[0], mine?.[1], foreign?.[2]].map((part) => part!.whole));
    const head = Buffer.from([0x30, 0x81, mixed.length]);
    expect(verifyCsr(asPem(Buffer.concat([head, mixed])), web1)).toBeUndefined();
  });

  it('with another kind of key is refused', () => {
    for (const kind of [['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']]) {
      const csr = execFileSync(
        'openssl',
        [
          ...['req', '-new', '-newkey', ...kind, '-nodes', '-sha256', '-keyout', '/dev/null'],
          ...['-subj', '/CN=web-1', '-utf8'],
        ],
        quiet,
      ).toString();
      expect(verifyCsr(csr, web1)).toBeUndefined();
    }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    expect(readKey(keyText(rsa))).toBeUndefined();
    expect(readKey('nothing')).toBeUndefined();
  });

  it('of any shape neither throws nor passes, nor takes long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(verifyCsr(asPem(Buffer.from(bytes)), web1)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        expect(verifyCsr(text, web1)).toBeUndefined();
      }),
    );
    for (const fill of [' ', '\n', '=', '0\n', '-----BEGIN CERTIFICATE REQUEST-----\n']) {
      const text = `-----BEGIN CERTIFICATE REQUEST-----\n${fill.repeat(16_384 / fill.length)}`;
      expect(verifyCsr(text, web1)).toBeUndefined();
    }
  });
});

describe('a join token', () => {
  const digest = createHash('sha256').update('ca').digest('hex');

  it('says whom it may be given to, and is read back', () => {
    const token = makeToken(digest);
    expect(tokenText(token)).toMatch(/^brine1\.[0-9a-f]{64}\.[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/);
    expect(parseToken(` ${tokenText(token)}\n`)).toEqual(token);
    expect(Buffer.from(token.secret, 'base64url')).toHaveLength(32);
    expect(makeToken(digest).secret).not.toBe(token.secret);
  });

  it.each(['', 'brine1', 'brine2.x', `brine1.${digest}.abc.def`, 'brine-api.0123.x'])(
    'is not %j',
    (raw) => {
      expect(parseToken(raw)).toBeUndefined();
    },
  );

  it('is known by its hash alone', () => {
    const { secret } = makeToken(digest);
    expect(isSecretOf(secret, hashSecret(secret))).toBe(true);
    expect(isSecretOf(`${secret.slice(0, -1)}!`, hashSecret(secret))).toBe(false);
    expect(isSecretOf(secret, undefined)).toBe(false);
  });

  it('comes with the digest of a key that is the same wherever it is made', () => {
    const key = makeKey();
    expect(keyDigest(key)).toBe(keyDigest(publicHalf(key)));
    expect(keyDigest(key)).not.toBe(keyDigest(makeKey()));
  });
});

const asPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
