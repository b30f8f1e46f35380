// The master's questions to a real registry that wants to know who asks.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveDigest } from '../../master/registry.ts';
import { RegistryProcess } from './registry-process.ts';

const code = (expected: string) => ({ data: { code: expected } });

describe('a registry behind a password', () => {
  const ann = { username: 'ann', password: 'pw' };
  const basic = `Basic ${Buffer.from('ann:pw').toString('base64')}`;
  let registry: RegistryProcess;
  beforeAll(async () => {
    registry = await RegistryProcess.start((dir) => {
      const hash = execFileSync('perl', [
        '-e',
        'print crypt("pw", q($2y$05$) . "abcdefghijklmnopqrstuu")',
      ]);
      writeFileSync(join(dir, 'htpasswd'), `ann:${hash.toString()}\n`);
      return `auth: { htpasswd: { realm: here, path: ${dir}/htpasswd } }`;
    });
  });
  afterAll(() => registry.close());

  it('answers to the right one, and to no other', async () => {
    const digest = await registry.push('api', '1', { authorization: basic });
    const repository = `${registry.address}/api`;
    expect(await resolveDigest({ repository, tag: '1', credentials: ann })).toBe(digest);
    const wrong = { username: 'ann', password: 'no' };
    for (const credentials of [{ credentials: wrong }, {}]) {
      await expect(resolveDigest({ repository, tag: '1', ...credentials })).rejects.toMatchObject(
        code('REGISTRY_AUTH'),
      );
    }
  });
});

describe('a registry behind tokens', () => {
  let registry: RegistryProcess;
  let tokens: Server;
  let asked: { url: URL; authorization: string | undefined }[] = [];
  beforeAll(async () => {
    let issue: (scope: string) => string = () => '';
    tokens = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://tokens');
      const { authorization } = request.headers;
      asked.push({ url, authorization });
      if (authorization === undefined) response.writeHead(401).end();
      else response.end(JSON.stringify({ token: issue(url.searchParams.get('scope') ?? '') }));
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    const realm = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    registry = await RegistryProcess.start((dir) => {
      issue = issuer(dir);
      return `auth: { token: { realm: "${realm}", service: here, issuer: brine, rootcertbundle: ${dir}/cert.pem } }`;
    });
    const push = `Bearer ${issue('repository:team/api:pull,push')}`;
    await registry.push('team/api', '1', { authorization: push });
  });
  afterAll(async () => {
    tokens.close();
    await registry.close();
  });

  it('is asked with one that was fetched for this repository alone', async () => {
    asked = [];
    const repository = `${registry.address}/team/api`;
    const credentials = { username: 'ann', password: 'pw' };
    const digest = await resolveDigest({ repository, tag: '1', credentials });
    expect(digest).toMatch(/^sha256:/);
    expect(asked.map(({ url }) => Object.fromEntries(url.searchParams))).toEqual([
      { service: 'here', scope: 'repository:team/api:pull' },
    ]);
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('ann:pw').toString('base64')}`);
    await expect(resolveDigest({ repository, tag: '1' })).rejects.toMatchObject(
      code('REGISTRY_AUTH'),
    );
  });
});

/** Signs tokens as the registry trusts them, with a key and certificate made in `dir`. */
function issuer(dir: string): (scope: string) => string {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const made = ['-subj', '/CN=brine', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...kind, ...made], { stdio: 'ignore' });
  const x5c = [new X509Certificate(readFileSync(cert)).raw.toString('base64')];
  return (scope) => {
    const [type, name, actions = ''] = scope.split(':');
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now - 5, nbf: now - 5, exp: now + 60 };
    const access = [{ type, name, actions: actions.split(',') }];
    const claims = { iss: 'brine', aud: 'here', sub: 'ann', jti: randomUUID(), ...times, access };
    const part = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ typ: 'JWT', alg: 'ES256', x5c })}.${part(claims)}`;
    const privateKey = createPrivateKey(readFileSync(key));
    const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const signature = sign('sha256', Buffer.from(text), options);
    return `${text}.${signature.toString('base64url')}`;
  };
}
