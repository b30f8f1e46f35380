import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerHostText, parseDockerHost } from '../../../minion/engine/docker-host.ts';
import { chooseVersion } from '../../../minion/engine/version.ts';

describe('DOCKER_HOST', () => {
  const text = (value?: string, env = {}): string => dockerHostText(parseDockerHost(value, env));

  it('is the socket of the machine where nothing is said', () => {
    expect(text()).toBe('unix:///var/run/docker.sock');
    expect(text('')).toBe('unix:///var/run/docker.sock');
    expect(text('unix://')).toBe('unix:///var/run/docker.sock');
  });

  it('is a socket or an address', () => {
    expect(text('unix:///run/user/1000/docker.sock')).toBe('unix:///run/user/1000/docker.sock');
    expect(text('tcp://10.0.0.1:4243')).toBe('tcp://10.0.0.1:4243');
    expect(text('10.0.0.1:4243')).toBe('tcp://10.0.0.1:4243');
    expect(text('tcp://docker')).toBe('tcp://docker:2375');
    expect(text('http://docker:80')).toBe('tcp://docker:80');
    expect(text('tcp://[::1]:2375')).toBe('tcp://[::1]:2375');
    expect(parseDockerHost('tcp://[::1]:2375', {})).toMatchObject({ host: '::1', port: 2375 });
  });

  it.each([
    [
      'ssh://me@docker',
      'DOCKER_HOST cannot be "ssh://me@docker": ssh:// is none of unix:// and tcp://',
    ],
    ['npipe:////./pipe/docker', 'npipe:// is none of unix:// and tcp://'],
    ['tcp://', 'DOCKER_HOST cannot be "tcp://": it names no host and port'],
    ['tcp://a b', 'it names no host and port'],
  ])('cannot be %s', (value, message) => {
    expect(() => parseDockerHost(value, {})).toThrowError(
      expect.objectContaining({
        data: { code: 'BAD_USAGE', message: expect.stringContaining(message) as string },
      }),
    );
  });

  describe('with TLS', () => {
    let dir: string;
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'brine-tls-'));
      for (const name of ['ca', 'cert', 'key']) writeFileSync(join(dir, `${name}.pem`), name);
    });
    afterAll(() => {
      rmSync(dir, { recursive: true });
    });

    it('reads the three files, and knows the port', () => {
      const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: dir };
      expect(parseDockerHost('tcp://docker', env)).toEqual({
        kind: 'tcp',
        host: 'docker',
        port: 2376,
        tls: { ca: Buffer.from('ca'), cert: Buffer.from('cert'), key: Buffer.from('key') },
      });
      expect(parseDockerHost('unix:///x', env)).toEqual({ kind: 'unix', path: '/x' });
      expect(parseDockerHost('tcp://docker', { DOCKER_CERT_PATH: dir })).toMatchObject({
        tls: undefined,
      });
    });

    it('says which file it misses', () => {
      const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(dir, 'none') };
      expect(() => parseDockerHost('tcp://docker', env)).toThrowError(
        `cannot read ${dir}/none/ca.pem, which DOCKER_TLS_VERIFY asks for`,
      );
    });
  });
});

describe('the version of the API', () => {
  it('is the newest that both sides know', () => {
    expect(chooseVersion('1.41')).toBe('1.41');
    expect(chooseVersion('1.47')).toBe('1.47');
    expect(chooseVersion('1.99')).toBe('1.51');
  });

  it.each(['1.40', '1.9', 'undefined', '2.0', ''])(
    'is none where the Engine offers %j',
    (offered) => {
      expect(() => chooseVersion(offered)).toThrowError(
        expect.objectContaining({
          data: expect.objectContaining({ code: 'DOCKER_VERSION' }) as object,
        }),
      );
    },
  );
});
