// A real Engine that is reached over the network, plainly and with TLS.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../minion/engine/docker.ts';
import { specOf } from '../minion/engine/specs.ts';
import { name, network, OneHost } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());

const down = (message: string) => ({
  data: { code: 'DOCKER_DOWN', message: expect.stringContaining(message) as string },
});

async function listening(server: Server): Promise<{ host: string; close: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, close: () => server.close() };
}

describe('an Engine that is reached over the network', () => {
  it('is something else that listens there', async () => {
    const stranger = createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    const { host, close } = await listening(stranger);
    const engine = await openEngine({ host });
    await expect(engine.containers()).rejects.toMatchObject(down('cannot be reached'));
    close();
  });

  const socketPath = (): string => one.host.dockerHost.replace('unix://', '');

  it('works as over its socket, and puts nothing of a container into an address', async () => {
    let sent = '';
    let connections = 0;
    const { host, close } = await listening(
      createServer((client) => {
        connections += 1;
        const engine = connect(socketPath());
        client.on('data', (bytes) => (sent += bytes.toString()));
        client.pipe(engine).pipe(client);
        for (const end of [client, engine]) end.on('error', () => undefined);
      }),
    );
    const engine = await openEngine({ host });
    const env = { PASSWORD: 'hunter2' };
    const spec = specOf({ image: one.image, env });
    await engine.create({ name, spec, labels: {}, network });
    await engine.start(name);
    for (let turn = 0; turn < 10; turn += 1) await engine.inspect(name);
    expect((await engine.inspect(name))?.status).toBe('running');
    expect(connections).toBe(1);
    expect(sent).toMatch(/^GET \/_ping HTTP\/1\.1\r\n/);
    const addresses = sent.match(/^(GET|POST) .* HTTP\/1\.1$/gm) ?? [];
    const made = addresses.filter((line) => line.includes('/containers/create'));
    expect(made).toEqual([
      expect.stringMatching(/^POST \/v1\.\d+\/containers\/create\?name=\S+ HTTP/),
    ]);
    expect(addresses.filter((line) => line.includes('hunter2'))).toEqual([]);
    close();
  });

  describe('with TLS', () => {
    const dir = mkdtempSync(join(tmpdir(), 'brine-tls-'));
    const before = { ...process.env };
    let reached: { host: string; close: () => void };

    beforeAll(async () => {
      makeCertificates(dir);
      const file = (kind: string): Buffer => readFileSync(join(dir, kind));
      const server = createTlsServer(
        {
          ...{ ca: file('ca.pem'), cert: file('server.pem'), key: file('key.pem') },
          ...{ requestCert: true, rejectUnauthorized: true },
        },
        (client) => {
          const engine = connect(socketPath());
          client.pipe(engine).pipe(client);
          for (const end of [client, engine]) end.on('error', () => undefined);
        },
      );
      server.on('tlsClientError', () => undefined);
      reached = await listening(server);
    });
    afterEach(() => {
      process.env = { ...before };
    });
    afterAll(() => {
      reached.close();
      rmSync(dir, { recursive: true });
    });

    it('shows its certificate and checks the other', async () => {
      Object.assign(process.env, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: dir });
      const engine = await openEngine({ host: reached.host });
      expect((await engine.info()).apiVersion).toMatch(/^1\./);
      await engine.containers();
    });

    it('speaks to none that another authority vouches for', async () => {
      const other = mkdtempSync(join(tmpdir(), 'brine-tls-'));
      makeCertificates(other);
      Object.assign(process.env, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: other });
      const engine = await openEngine({ host: reached.host });
      await expect(engine.info()).rejects.toMatchObject(down('cannot be reached'));
      rmSync(other, { recursive: true });
    });

    it('does not go without where it is asked for', async () => {
      const engine = await openEngine({ host: reached.host });
      await expect(engine.info()).rejects.toMatchObject({ data: { code: 'DOCKER_DOWN' } });
    });
  });
});

/** An authority, and one key with a certificate that serves for both ends. */
function makeCertificates(dir: string): void {
  const at = (file: string): string => join(dir, file);
  const run = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const san = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  run('req', '-x509', ...curve, '-subj', '/CN=ca', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  run('req', ...curve, '-subj', '/CN=docker', ...san, '-keyout', at('key.pem'), '-out', at('csr'));
  const sign = ['-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')];
  run('x509', ...sign, '-CAcreateserial', '-copy_extensions', 'copy', '-out', at('server.pem'));
  run('x509', ...sign, '-CAcreateserial', '-out', at('cert.pem'));
}
