// Where the demo plays: three hosts of our own as root on Linux, or else this machine's Docker Engine
// as the only host.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../fleet/command.ts';
import { EventWatch } from '../fleet/engine-events.ts';
import { Fleet } from '../fleet/fleet.ts';
import { find, whyNoHosts } from '../fleet/needs.ts';
import { freePort, portLike } from '../fleet/ports.ts';
import { start, type Running, type SpawnOptions } from '../fleet/process.ts';
import { Registry } from '../fleet/registry.ts';

export interface DemoHost {
  readonly name: string;
  readonly address: string;
  readonly dockerHost: string;
  /** What a command begins with that is to run there; nothing where that is here. */
  readonly entry: readonly string[];
  /** Undefined where the Engine's events cannot be read. */
  events(): EventWatch | undefined;
}

export interface Place {
  readonly hosts: readonly DemoHost[];
  readonly registryAddress: string;
  /** Where the master listens. */
  readonly address: string;
  readonly dir: string;
  spawn(program: string, args: readonly string[], options?: SpawnOptions): Running;
  /** All stays up when the demo ends; answers the commands that take it away. */
  keep(): readonly string[];
  close(): Promise<void>;
}

/** Throws with what to do where neither is possible. */
export async function findPlace(project: string): Promise<Place> {
  const reason = whyNoHosts();
  return reason === undefined ? ownHosts() : localHost(project, reason);
}

async function ownHosts(): Promise<Place> {
  const fleet = await Fleet.start({ hosts: 3, registry: true, name: 'web' });
  return {
    hosts: fleet.hosts,
    registryAddress: fleet.registryAddress,
    address: `${fleet.bridgeAddress}:${await portLike(4505, fleet.bridgeAddress)}`,
    dir: join(fleet.dir, 'demo'),
    spawn: fleet.spawn.bind(fleet),
    keep: () => {
      fleet.keep();
      return ['npm run demo -- --clean'];
    },
    close: () => fleet.close(),
  };
}

/** One host: the Engine that `docker` speaks to here. */
async function localHost(project: string, reason: string): Promise<Place> {
  const docker = (...args: readonly string[]): Promise<string> =>
    command('docker', args, { env: { ...process.env, DOCKER_BUILDKIT: '0' } });
  await docker('version').catch((error: unknown) => {
    const hint = 'Run the demo as root on Debian, or start a Docker Engine here.';
    throw new Error(`no hosts of our own (${reason}), and no Docker: ${String(error)}\n${hint}`);
  });
  const ours = ['--filter', `label=brine.project=${project}`];
  if ((await docker('ps', '--all', '--quiet', ...ours)).trim() !== '') {
    throw new Error(`containers of a project ${project} are on this Docker already; remove them`);
  }
  const context = await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
  const dockerHost = process.env['DOCKER_HOST'] ?? context.trim();
  const dir = await mkdtemp(join(tmpdir(), 'brine-demo-'));
  const spawned = new Set<Running>();
  const spawn = (program: string, args: readonly string[], options: SpawnOptions = {}): Running => {
    const running = start(program, args, options);
    spawned.add(running);
    void running.exited.then(() => spawned.delete(running));
    return running;
  };
  const registry = await localRegistry({ dir: join(dir, 'registry'), docker, spawn });
  const images = ['--filter', `reference=${registry.address}/*`];
  const events = (): EventWatch | undefined =>
    dockerHost.startsWith('unix://') ? new EventWatch(dockerHost.slice(7)) : undefined;
  return {
    hosts: [{ name: 'web-1', address: '127.0.0.1', dockerHost, entry: [], events }],
    registryAddress: registry.address,
    address: `127.0.0.1:${await freePort()}`,
    dir,
    spawn,
    keep: () => [
      `kill ${[...spawned].map(({ pid }) => pid).join(' ')}`,
      `docker rm --force $(docker ps --all --quiet ${ours.join(' ')})`,
      `docker network rm $(docker network ls --quiet ${ours.join(' ')})`,
      `docker rmi --force $(docker images --quiet ${images.join(' ')} | sort -u)`,
      ...registry.cleaning,
      `rm -r ${dir}`,
    ],
    close: async () => {
      for (const running of spawned) running.kill();
      await Promise.all([...spawned].map(({ exited }) => exited));
      const remove = async (verb: readonly string[], list: readonly string[]): Promise<void> => {
        const ids = (await docker(...list)).split('\n').filter((id) => id !== '');
        if (ids.length > 0) await docker(...verb, ...new Set(ids));
      };
      await remove(['rm', '--force'], ['ps', '--all', '--quiet', ...ours]);
      await remove(['network', 'rm'], ['network', 'ls', '--quiet', ...ours]);
      await remove(['rmi', '--force'], ['images', '--quiet', ...images]);
      await registry.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface LocalRegistry {
  readonly address: string;
  readonly cleaning: readonly string[];
  close(): Promise<void>;
}

/** Debian's program where it is installed, else the official image; Docker trusts 127.0.0.1. */
async function localRegistry(around: {
  readonly dir: string;
  readonly docker: (...args: readonly string[]) => Promise<string>;
  readonly spawn: (program: string, args: readonly string[], options: SpawnOptions) => Running;
}): Promise<LocalRegistry> {
  const { docker } = around;
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  if (find('docker-registry') !== undefined) {
    const registry = new Registry({ ...around, address });
    await registry.start();
    return { address, cleaning: [], close: () => registry.stop() };
  }
  const name = `brine-demo-registry-${port}`;
  await docker('run', '--detach', '--name', name, '--publish', `${address}:5000`, 'registry:2');
  const cleaning = `docker rm --force --volumes ${name}`;
  return {
    address,
    cleaning: [cleaning],
    close: async () => void (await docker('rm', '--force', '--volumes', name)),
  };
}
