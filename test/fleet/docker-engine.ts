// A real Docker Engine in a host's network namespace, with directories, socket and control group of
// its own. It can be killed as a crash would, and started again on what it left.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'node:http';
import {
  end,
  identify,
  sleep,
  type ProcessId,
  type Running,
  type SpawnOptions,
} from './process.ts';

interface EnginePlace {
  /** Its own directory; the socket's path must stay short. */
  readonly dir: string;
  readonly namespace: string;
  /** Registries that it may ask without TLS. */
  readonly insecure: readonly string[];
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => Running;
}

export class DockerEngine {
  readonly socket: string;
  readonly log: string;
  readonly #place: EnginePlace;
  #process: Running | undefined;

  constructor(place: EnginePlace) {
    this.#place = place;
    this.socket = join(place.dir, 'docker.sock');
    this.log = join(place.dir, 'dockerd.log');
  }

  /** Resolves when the Engine answers. */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error('the Engine runs already');
    const { dir, namespace, spawn } = this.#place;
    await mkdir(dir, { recursive: true });
    const config = join(dir, 'daemon.json');
    await writeFile(config, JSON.stringify(this.#config()));
    // A number in it may belong to somebody else by now.
    await rm(join(dir, 'docker.pid'), { force: true });
    const args = [`--net=/run/netns/${namespace}`, 'dockerd', '--config-file', config];
    const running = spawn('nsenter', args, { log: this.log });
    this.#process = running;
    let over = false;
    void running.exited.then(() => (over = true));
    for (let turn = 0; turn < 3_000; turn += 1) {
      if (await answers(this.socket)) return;
      if (over) break;
      await sleep(10);
    }
    this.#process = undefined;
    throw new Error(`dockerd does not answer; it says why in ${this.log}`);
  }

  /** As a crash does: containers and their shims go on until it is started again. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    const containerd = await this.#containerd();
    running?.kill('SIGKILL');
    await running?.exited;
    // The kernel ends it with its parent, but not at once; a new Engine would lean on one that dies.
    if (containerd !== undefined) await end([containerd]);
    await rm(this.#containerdPid, { force: true });
  }

  get #containerdPid(): string {
    return join(this.#place.dir, 'exec/containerd/containerd.pid');
  }

  async #containerd(): Promise<ProcessId | undefined> {
    const text = await readFile(this.#containerdPid, 'utf8').catch(() => '0');
    return identify(Number(text));
  }

  /** All in one file, so that nothing of the machine's own configuration counts. */
  #config(): object {
    const { dir, namespace, insecure } = this.#place;
    return {
      hosts: [`unix://${this.socket}`],
      'data-root': join(dir, 'data'),
      'exec-root': join(dir, 'exec'),
      pidfile: join(dir, 'docker.pid'),
      'insecure-registries': insecure,
      'cgroup-parent': `/${namespace}`,
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      'log-level': 'warn',
    };
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
