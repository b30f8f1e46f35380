// Real Docker hosts on one machine (DESIGN §10): a Docker Engine in a network namespace for each, a
// bridge between them, a registry on the bridge. Whatever way the run ends, nothing of it stays.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Host } from './host.ts';
import { keepWatch } from './keep-watch.ts';
import { remove, sweep } from './leftovers.ts';
import { whyNoHosts } from './needs.ts';
import { bridgeAddress, hostAddress, makeNetwork } from './network.ts';
import { identify, start, type Running, type SpawnOptions } from './process.ts';
import { claim, hostName, locked, save, type FleetRecord } from './record.ts';
import { Registry } from './registry.ts';

export { Host } from './host.ts';
export type { Running } from './process.ts';

interface FleetOptions {
  readonly hosts: number;
  /** With a registry on the bridge. */
  readonly registry?: boolean;
  /** What the hosts are called, with their number behind it. */
  readonly name?: string;
}

let watched = false;

export class Fleet {
  readonly hosts: readonly Host[];
  /** This machine, as the hosts see it. */
  readonly bridgeAddress: string;
  readonly registry: Registry;
  readonly dir: string;
  readonly #record: FleetRecord;

  private constructor(record: FleetRecord, name: string) {
    this.#record = record;
    this.dir = record.dir;
    this.bridgeAddress = bridgeAddress(record);
    const spawn = this.spawn.bind(this);
    const address = `${this.bridgeAddress}:5000`;
    this.registry = new Registry({ dir: join(this.dir, 'registry'), address, spawn });
    this.hosts = Array.from(
      { length: record.hosts },
      (_, at) =>
        new Host({
          record,
          index: at + 1,
          name: `${name}-${at + 1}`,
          address: hostAddress(record, at + 1),
          namespace: hostName(record.number, at + 1),
          dir: join(this.dir, `h${at + 1}`),
          insecure: [address],
          spawn,
        }),
    );
  }

  /** Resolves when every Engine, and the registry if there is one, answers. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const reason = whyNoHosts();
    if (reason !== undefined) throw new Error(`Docker hosts cannot be started here: ${reason}`);
    await sweep();
    const record = await locked(async () => claim(options.hosts));
    if (!watched) keepWatch();
    watched = true;
    const fleet = new Fleet(record, options.name ?? 'host');
    try {
      await mkdir(record.dir, { mode: 0o700 });
      await makeNetwork(record);
      await Promise.all([
        ...fleet.hosts.map((host) => host.startDocker()),
        options.registry === true ? fleet.registry.start() : undefined,
      ]);
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** As images are named: `address:port`. */
  get registryAddress(): string {
    return this.registry.address;
  }

  /** A process on this machine that ends with the fleet. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
    const running = start(program, args, options);
    const id = identify(running.pid);
    if (id !== undefined) this.#record.processes.push(id);
    save(this.#record);
    return running;
  }

  /** The fleet stays when this process ends; `sweep({ kept: true })` takes it away. */
  keep(): void {
    this.#record.kept = true;
    save(this.#record);
  }

  /** Ends and removes everything. */
  async close(): Promise<void> {
    await remove(this.#record);
  }
}
