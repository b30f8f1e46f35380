// What a real Engine cannot do for a container, told in our words.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../states/model.ts';
import { until } from '../e2e/product.ts';
import { name, OneHost } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
  await writeFile(join(one.host.dir, 'file'), '');
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const heldPort = 18_085;
const holding = {
  tcp: `require('node:net').createServer().listen(${heldPort}, '0.0.0.0')`,
  udp: `require('node:dgram').createSocket('udp4').bind(${heldPort}, '0.0.0.0')`,
};

describe('an option that this host cannot give', () => {
  const refusals: readonly [what: string, more: () => Partial<ContainerSpec>, said: string][] = [
    [
      'a path that is not there',
      () => ({
        mounts: [{ type: 'bind', source: '/srv/not there', target: '/x', readOnly: false }],
      }),
      'volumes: /srv/not there does not exist on this host',
    ],
    [
      'two volumes in one place',
      () => ({
        mounts: ['starfall-one', 'starfall-two'].map((source) => ({
          ...{ type: 'volume', source, target: '/x', readOnly: false },
        })),
      }),
      'Duplicate mount point: /x',
    ],
    [
      'a file where the image has a directory',
      () => ({
        mounts: [
          { type: 'bind', source: join(one.host.dir, 'file'), target: '/bin', readOnly: true },
        ],
      }),
      'cannot be mounted at /bin: one is a directory, the other is a file',
    ],
    ['too little memory', () => ({ limits: { memoryBytes: 1_000 } }), 'Minimum memory limit'],
    ['more processors than it has', () => ({ limits: { cpus: 1_000 } }), 'Range of CPUs is from'],
    [
      'a signal that does not exist',
      () => ({ stop: { signal: 'SIGNOPE', timeoutMs: 1_000 } }),
      'stop: there is no signal SIGNOPE',
    ],
    [
      'a user the image does not know',
      () => ({ user: 'ann' }),
      'user: the image knows no user ann',
    ],
    [
      'an address that another host has',
      () => ({
        ports: [{ address: '192.0.2.7', host: 18080, container: 8080, protocol: 'tcp' }],
      }),
      'ports: 192.0.2.7 is not an address of this host',
    ],
    [
      'an address that is none',
      () => ({ ports: [{ address: 'eth0', host: 18080, container: 8080, protocol: 'tcp' }] }),
      'ports: "eth0" is not an IP address',
    ],
  ];

  it.each(refusals)('%s', async (_what, more, said) => {
    const tried = async (): Promise<void> => {
      await one.create(more());
      await one.engine.start(name);
    };
    await expect(tried()).rejects.toMatchObject({
      data: {
        code: 'CONTAINER_OPTION',
        message: expect.stringContaining(said) as string,
        where: name,
      },
    });
  });

  it.each([
    ['nope', 'the command "nope" cannot be started: executable file not found in $PATH'],
    ['/nope', 'the command "/nope" cannot be started: stat /nope: no such file or directory'],
    ['/bin', 'the command "/bin" cannot be started: '],
  ])('a command like %s', async (command, message) => {
    await one.create({ command: [command] });
    await expect(one.engine.start(name)).rejects.toMatchObject({
      data: {
        code: 'CONTAINER_COMMAND',
        message: expect.stringContaining(message) as string,
        where: name,
      },
    });
    expect(await one.engine.inspect(name)).toMatchObject({
      status: 'created',
      error: expect.stringMatching(/^exec: "/) as string,
    });
  });

  it('an image that it does not have', async () => {
    const missing = { ...one.image, digest: `sha256:${'0'.repeat(64)}` };
    await expect(one.create({ image: missing })).rejects.toMatchObject({
      data: {
        code: 'IMAGE_NOT_FOUND',
        message: `there is no image ${missing.repository}@${missing.digest} on this host`,
      },
    });
  });

  it('a name that another container has', async () => {
    await one.create();
    const { id = '' } = (await one.engine.inspect(name)) ?? {};
    const message = `the name ${name} is taken by container ${id.slice(0, 12)}`;
    const taken = { data: { code: 'NAME_TAKEN', message } };
    await expect(one.create()).rejects.toMatchObject(taken);
    await one.create({}, 'other');
    await expect(one.engine.rename('other', name)).rejects.toMatchObject(taken);
  });

  it('a port that another container has, which it names', async () => {
    const ports = [{ address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' } as const];
    await one.host.docker(
      ...['run', '--detach', '--name', 'stranger', '--publish', '18080:8080'],
      `${one.image.repository}:${one.image.tag}`,
    );
    await one.create({ ports });
    const taken = {
      data: {
        code: 'PORT_TAKEN',
        message: 'port 18080 of this host is taken by container stranger',
        where: name,
      },
    };
    await expect(one.engine.start(name)).rejects.toMatchObject(taken);
    await one.host.docker('rm', '--force', 'stranger');
    await one.engine.start(name);
    expect((await one.engine.inspect(name))?.status).toBe('running');
  });

  it.each(['tcp', 'udp'] as const)('a port that a program has (%s)', async (protocol) => {
    const program = one.host.spawn(process.execPath, ['-e', holding[protocol]]);
    await until('the program has the port', async () => {
      const held = await readFile(`/proc/${program.pid}/net/${protocol}`, 'utf8');
      return held.includes(`:${heldPort.toString(16).toUpperCase()} `);
    });
    await one.create({
      ports: [{ address: '0.0.0.0', host: heldPort, container: 8080, protocol }],
    });
    await expect(one.engine.start(name)).rejects.toMatchObject({
      data: {
        code: 'PORT_TAKEN',
        message: `port 0.0.0.0:${heldPort} of this host is taken by a program outside Docker`,
      },
    });
    program.kill('SIGKILL');
  });
});
