// Docker's own Swarm on the same hosts: one service on every host, set so that nothing but the work
// takes time. All at once, no delay, no watch after the start, no HEALTHCHECK, nothing asked of a
// registry, and a stop as patient as ours.

import type { Fleet, Host } from '../fleet/fleet.ts';

export type Order = 'stop-first' | 'start-first';

/** Beside the one that the bench's own service publishes. */
export const swarmPort = 18_098;
/** A name in it leads to the tasks themselves: no kernel here has the IPVS that a virtual address needs. */
export const swarmNetwork = 'bench-swarm';

const services = { 'stop-first': 'swarm-port', 'start-first': 'swarm-inside' } as const;

export class Swarm {
  readonly #manager: Host;
  readonly #created = new Set<Order>();

  private constructor(manager: Host) {
    this.#manager = manager;
  }

  static async start({ hosts }: Fleet): Promise<Swarm> {
    const [manager, ...workers] = hosts;
    if (manager === undefined) throw new Error('no host');
    await manager.docker('swarm', 'init', '--advertise-addr', manager.address);
    const token = (await manager.docker('swarm', 'join-token', '-q', 'worker')).trim();
    for (const worker of workers) {
      await worker.docker('swarm', 'join', '--token', token, `${manager.address}:2377`);
    }
    return new Swarm(manager);
  }

  /** Resolves when it runs on every host; it may do so already. */
  async create(order: Order, image: string): Promise<void> {
    if (this.#created.has(order)) return;
    this.#created.add(order);
    const where =
      order === 'stop-first'
        ? ['--publish', `mode=host,published=${swarmPort},target=8080`]
        : ['--network', await this.#network(), '--endpoint-mode', 'dnsrr'];
    await this.#manager.docker(
      ...['service', 'create', '--quiet', '--mode', 'global', '--name', services[order]],
      ...['--update-order', order, '--update-parallelism', '0', '--update-delay', '0s'],
      ...['--update-monitor', '1ms', '--restart-delay', '0s', '--no-healthcheck'],
      ...['--stop-grace-period', '5s', '--no-resolve-image', '--detach=false', ...where, image],
    );
  }

  /** Resolves when every host runs it, changed. */
  async update(order: Order, image: string, turn: number): Promise<void> {
    await this.#manager.docker(
      ...['service', 'update', '--quiet', '--detach=false', '--no-resolve-image'],
      ...['--image', image, '--env-add', `VERSION=turn ${turn}`, services[order]],
    );
  }

  /** Its name inside {@link swarmNetwork}. */
  nameOf(order: Order): string {
    return services[order];
  }

  async #network(): Promise<string> {
    const args = ['network', 'create', '--driver', 'overlay', '--attachable', swarmNetwork];
    await this.#manager.docker(...args);
    return swarmNetwork;
  }
}
