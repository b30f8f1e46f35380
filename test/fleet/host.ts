// A host: a Docker Engine with an address of its own, as a machine in a rack has it. What is spawned
// on it sees its network and nobody else's.

import { command } from './command.ts';
import { DockerEngine } from './docker-engine.ts';
import { EventWatch } from './engine-events.ts';
import { setCable } from './network.ts';
import type { Running, SpawnOptions } from './process.ts';
import type { FleetRecord } from './record.ts';

interface HostPlace {
  readonly record: FleetRecord;
  /** From 1. */
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly namespace: string;
  readonly dir: string;
  readonly insecure: readonly string[];
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => Running;
}

export class Host {
  readonly name: string;
  readonly address: string;
  readonly dir: string;
  /** For `DOCKER_HOST`. */
  readonly dockerHost: string;
  readonly dockerLog: string;
  readonly #place: HostPlace;
  readonly #engine: DockerEngine;

  constructor(place: HostPlace) {
    this.#place = place;
    this.name = place.name;
    this.address = place.address;
    this.dir = place.dir;
    this.#engine = new DockerEngine(place);
    this.dockerHost = `unix://${this.#engine.socket}`;
    this.dockerLog = this.#engine.log;
  }

  /** What a command begins with that is to run in this host's network. */
  get entry(): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.#place.namespace}`];
  }

  /** A process in this host's network. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
    const [enter = '', ...inside] = this.entry;
    return this.#place.spawn(enter, [...inside, program, ...args], options);
  }

  /** `docker …` at this host's Engine; answers what it printed, throws what it said. */
  docker(...args: readonly string[]): Promise<string> {
    const env = {
      ...process.env,
      DOCKER_HOST: this.dockerHost,
      DOCKER_CONFIG: this.#place.dir,
      DOCKER_BUILDKIT: '0',
    };
    return command('docker', args, { env });
  }

  /** Takes the host off the network, silently, as a pulled cable does. */
  cut(): void {
    setCable(this.#place.record, this.#place.index, 'down');
  }

  mend(): void {
    setCable(this.#place.record, this.#place.index, 'up');
  }

  /** The Engine crashes; what runs in containers goes on until it is started again. */
  killDocker(): Promise<void> {
    return this.#engine.kill();
  }

  startDocker(): Promise<void> {
    return this.#engine.start();
  }

  async forgetImages(): Promise<void> {
    await this.docker('image', 'prune', '--all', '--force');
  }

  /** Nobody else has anything here. */
  owns(): boolean {
    return true;
  }

  /** Everything that the Engine does from now on, until `stop()`. */
  events(): EventWatch {
    return new EventWatch(this.#engine.socket);
  }
}
