// What most figures are taken on: a master, hosts whose minions are linked, and a service of two
// versions that every host has already; beside it the same by bare Docker calls and by Swarm.

import { join } from 'node:path';
import { bin, Product } from '../e2e/product.ts';
import { port, statesFor } from '../e2e/states.ts';
import type { Host } from '../fleet/host.ts';
import { buildService, type Built } from '../fleet/images.ts';
import { taken, timed } from './measure.ts';
import { Swarm, type Order } from './swarm.ts';

const floorScript = join(import.meta.dirname, 'floor.ts');
const rollout = '{ batch: 100%, min_healthy: 0s, progress: 300s }';

export class Setting {
  readonly product: Product;
  /** The first host; of the figures that are about one. */
  readonly host: Host;
  readonly #versions: readonly Built[];
  #turn = 0;
  #bare: string | undefined;
  #swarm: Promise<Swarm> | undefined;

  private constructor(product: Product, versions: readonly Built[]) {
    this.product = product;
    this.host = firstHost(product);
    this.#versions = versions;
  }

  /** Every host runs the first version and has both. */
  static async with(hosts: number, work: (setting: Setting) => Promise<void>): Promise<void> {
    const product = await Product.start(hosts);
    try {
      const setting = new Setting(product, await buildTwo(product));
      await setting.commit();
      await product.joinAll(['role=app', 'ring=beta']);
      await setting.apply();
      for (const { reference } of setting.#versions) {
        await Promise.all(product.fleet.hosts.map((host) => host.docker('pull', '-q', reference)));
      }
      await work(setting);
    } finally {
      await product.close();
    }
  }

  get url(): string {
    return `http://${this.host.address}:${port}/`;
  }

  /** The version that is not run now, in an environment that none ever had. */
  commit(): Promise<void> {
    this.#turn += 1;
    const wanted = { registry: this.product.fleet.registryAddress, version: this.next, rollout };
    const states = statesFor({ ...wanted, env: { VERSION: `turn ${this.#turn}` } });
    return this.product.commit(`turn ${this.#turn}`, states);
  }

  /** Services beside the first one, without a port of the host; the same again in another form. */
  commitBeside(names: readonly string[]): Promise<void> {
    this.#turn += 1;
    const text = [
      'image: api',
      'targets: role=app',
      `env: { VERSION: "turn ${this.#turn}" }`,
      'healthcheck: { http: /up, port: 8080 }',
      'stop: { timeout: 5s }',
      `rollout: ${rollout}`,
      '',
    ].join('\n');
    const files = names.map((name) => [`services/${name}.yaml`, text] as const);
    return this.product.commit(`turn ${this.#turn}`, Object.fromEntries(files));
  }

  /** The whole command, in ms. */
  apply(): Promise<number> {
    return timed(bin('master'), ['apply', 'beta', '--yes', '--dir', this.product.masterDir]);
  }

  /** The same as an upgrade by bare Docker calls, on all hosts at once; the whole script, in ms. */
  bareUpgrade(order: Order = 'stop-first'): Promise<number> {
    const old = this.#bare ?? '-';
    this.#turn += 1;
    this.#bare = `bare-${this.#turn}`;
    return this.#floor(order, this.next.reference, this.#bare, old);
  }

  /** What the bare calls run: the next ones are of another kind. */
  async stopBare(): Promise<void> {
    const last = this.#bare;
    this.#bare = undefined;
    if (last === undefined) return;
    await Promise.all(this.product.fleet.hosts.map((host) => host.docker('stop', last)));
  }

  bareList(): Promise<number> {
    return this.#floor('list');
  }

  /** The whole command, in ms. */
  async swarmUpgrade(order: Order = 'stop-first'): Promise<number> {
    const swarm = await this.swarm();
    this.#turn += 1;
    return taken(() => swarm.update(order, this.next.reference, this.#turn));
  }

  swarm(): Promise<Swarm> {
    this.#swarm ??= Swarm.start(this.product.fleet);
    return this.#swarm;
  }

  get image(): string {
    return this.next.reference;
  }

  private get next(): Built {
    const version = this.#versions[this.#turn % this.#versions.length];
    if (version === undefined) throw new Error('there are no versions');
    return version;
  }

  /** Where the hosts' own networks are reached; `socket,address` for each host. */
  async #floor(...args: readonly string[]): Promise<number> {
    const { hosts } = this.product.fleet;
    const each = hosts.map(
      ({ dockerHost, address }) => `${dockerHost.slice('unix://'.length)},${address}`,
    );
    const [verb = ''] = args;
    const all = [floorScript, ...args, ...each];
    if (verb !== 'start-first') return timed(process.execPath, all);
    return taken(async () => {
      const ended = await this.host.spawn(process.execPath, all).exited;
      if (ended.code !== 0) throw new Error(`${verb} by bare calls: ${ended.out}${ended.err}`);
    });
  }
}

function firstHost({ fleet }: Product): Host {
  const [host] = fleet.hosts;
  if (host === undefined) throw new Error('no host');
  return host;
}

async function buildTwo(product: Product): Promise<readonly Built[]> {
  const registry = product.fleet.registryAddress;
  const wanted = { registry, repository: 'api', behaviour: 'good' } as const;
  const versions: Built[] = [];
  for (const version of ['1.0.0', '1.1.0']) {
    versions.push(await buildService(firstHost(product), { ...wanted, version }));
  }
  return versions;
}
