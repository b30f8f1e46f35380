// One real Docker host with a service in its registry, and the minion's Engine opened on it.

import type { TestContext } from 'vitest';
import { openEngine } from '../../minion/engine/docker.ts';
import type { Engine } from '../../minion/engine/engine.ts';
import { HealthBook } from '../../minion/health/health.ts';
import { realWorld } from '../../protocol/world.ts';
import type { ContainerSpec, PinnedImage } from '../../states/model.ts';
import type { Host } from '../fleet/fleet.ts';
import { buildService } from '../fleet/images.ts';
import { ownHost, startOne, type OneHostFleet, type SomeHost } from '../fleet/one.ts';
import { specOf } from '../minion/engine/specs.ts';

export const network = 'starfall-beta';
export const name = 'starfall-beta-api-1-0a1b2c3d';

export class OneHost {
  readonly fleet: OneHostFleet;
  readonly host: SomeHost;
  readonly engine: Engine;
  readonly image: PinnedImage;
  /** What reconciling there learns of health. */
  readonly health: HealthBook;

  private constructor(parts: Pick<OneHost, 'fleet' | 'host' | 'engine' | 'image'>) {
    this.fleet = parts.fleet;
    this.host = parts.host;
    this.engine = parts.engine;
    this.image = parts.image;
    this.health = new HealthBook({
      ...{ engine: parts.engine, world: realWorld },
      onUnhealthy: () => undefined,
    });
  }

  static async start(): Promise<OneHost> {
    const fleet = await startOne();
    try {
      const [host] = fleet.hosts;
      if (host === undefined) throw new Error('no host');
      const image = await pushed(fleet, host, '1.0.0');
      const engine = await openEngine({ host: host.dockerHost });
      await engine.createNetwork(network, {});
      return new OneHost({ fleet, host, engine, image });
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  create(more: Partial<ContainerSpec> = {}, called = name): Promise<void> {
    const spec = specOf({ image: this.image, ...more });
    return this.engine.create({ name: called, spec, labels: {}, network });
  }

  /** Made and started. */
  async run(more: Partial<ContainerSpec> = {}, called = name): Promise<void> {
    await this.create(more, called);
    await this.engine.start(called);
  }

  /** What the test has there, of all that the Engine has. */
  async containers() {
    return (await this.engine.containers()).filter((each) => this.host.owns(each));
  }

  async removeAll(): Promise<void> {
    const all = await this.containers();
    await Promise.all(all.map(({ id }) => this.engine.remove(id)));
  }

  /** For tests that nobody else's Engine may bear; they are skipped where this is one. */
  own(test: TestContext): Host {
    return ownHost(this.host, test);
  }

  async close(): Promise<void> {
    await this.health.close();
    await this.fleet.close();
  }
}

/** A good service `api` in this version, built there and known by its digest. */
export async function pushed(
  fleet: OneHostFleet,
  host: SomeHost,
  version: string,
): Promise<PinnedImage> {
  const registry = fleet.registryAddress;
  const wanted = { registry, repository: 'api', version, behaviour: 'good' } as const;
  const { repository, tag, digest } = await buildService(host, wanted);
  return { name: 'api', repository, tag, digest };
}

/** What the container does, in the words of a shell. */
export const shell = (script: string) => ({ entrypoint: ['/bin/sh', '-c'], command: [script] });
