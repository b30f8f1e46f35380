// What another implementation of TLS sees at the fleet's port.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FleetFixture } from './fixture.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
afterEach(() => master.close());

async function client(...more: readonly string[]): Promise<string> {
  const { host, port } = master.fleet.address();
  const ca = pathOf(master.dir, 'ca.pem');
  const args = ['s_client', '-connect', `${host}:${port}`, '-CAfile', ca, '-verify_return_error'];
  const child = spawn('openssl', [...args, ...more]);
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  child.stderr.on('data', (part: Buffer) => (text += part.toString()));
  child.stdin.end('Q\n');
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

describe('openssl s_client', () => {
  it('sees TLS 1.3 with the certificate of our authority, for this address, and is asked for its own', async () => {
    const text = await client('-tls1_3', '-verify_ip', '127.0.0.1');
    expect(text).toContain('Verify return code: 0 (ok)');
    expect(text).toMatch(/New, TLSv1\.3, Cipher is TLS_/);
    expect(text).toContain('Acceptable client certificate CA names');
  });

  it.each(['-tls1_2', '-tls1_1', '-tls1'])('gets nowhere with %s', async (version) => {
    const text = await client(version, '-cipher', 'ALL:@SECLEVEL=0');
    expect(text).toMatch(/protocol version|no protocols available|unsupported protocol/);
    expect(text).not.toContain('Cipher is TLS_');
  });

  it('finds out a server that is not for the name it asks for', async () => {
    const text = await client('-tls1_3', '-verify_hostname', 'elsewhere.example.com');
    expect(text).toMatch(/hostname mismatch/i);
  });

  it('finishes the handshake with the certificate of a host', async () => {
    const { cert, key } = await master.host('web-1');
    const [certFile, keyFile] = [pathOf(master.dir, 'c.pem'), pathOf(master.dir, 'k.pem')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const text = await client('-tls1_3', '-cert', certFile, '-key', keyFile);
    expect(text).toContain('Verify return code: 0 (ok)');
  });
});
