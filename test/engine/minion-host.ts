// One real Docker host with the real minion program on it, linked to the real fleet's port. What the
// master would decide, the test does.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { pino } from 'pino';
import { EventLog } from '../../master/eventlog.ts';
import type { Hello } from '../../master/fleet/fleet.ts';
import { makeIdentity } from '../../master/fleet/identity-files.ts';
import { startFleet, type RunningFleet } from '../../master/fleet/server.ts';
import { openStore } from '../../master/store/sqlite.ts';
import type { Store } from '../../master/store/store.ts';
import { join } from '../../minion/join.ts';
import type { Desire, Drift, Progress, Report } from '../../protocol/messages.ts';
import { realWorld } from '../../protocol/world.ts';
import type { HostId } from '../../states/ids.ts';
import type { ContainerSpec, HostState, PinnedImage } from '../../states/model.ts';
import { bin, run, until, type Ran } from '../e2e/product.ts';
import type { Running } from '../fleet/fleet.ts';
import { buildService, type Behaviour } from '../fleet/images.ts';
import { startOne, type OneHostFleet, type SomeHost } from '../fleet/one.ts';
import { beta, desireOf, specOf, stateOf } from '../minion/samples.ts';

export const port = 18080;

/** Quick, so that tests are: asked every 200 ms, healthy after 400 ms. */
const quick: Partial<ContainerSpec> = {
  healthcheck: {
    ...{ kind: 'http', port: 8080, path: '/up' },
    ...{ intervalMs: 200, timeoutMs: 1_000, startMs: 10_000, retries: 2 },
  },
  minHealthyMs: 400,
  stop: { signal: 'SIGTERM', timeoutMs: 3_000 },
  restart: { policy: 'no' },
};
const published: Partial<ContainerSpec> = {
  ports: [{ address: '0.0.0.0', host: port, container: 8080, protocol: 'tcp' }],
};

export class MinionHost {
  readonly fleet: OneHostFleet;
  readonly host: SomeHost;
  readonly dir: string;
  readonly store: Store;
  readonly master: RunningFleet;
  readonly images = new Map<string, PinnedImage>();
  readonly reports: Report[] = [];
  readonly drifts: Drift[] = [];
  readonly progress: Progress[] = [];
  readonly hellos: Hello[] = [];
  #minion: Running | undefined;
  #generation = 0;

  private constructor(parts: Pick<MinionHost, 'fleet' | 'host' | 'dir' | 'store' | 'master'>) {
    this.fleet = parts.fleet;
    this.host = parts.host;
    this.dir = parts.dir;
    this.store = parts.store;
    this.master = parts.master;
  }

  /** Joined, started and linked. */
  static async start(): Promise<MinionHost> {
    const fleet = await startOne();
    const [host] = fleet.hosts;
    if (host === undefined) throw new Error('no host');
    const dir = await mkdtemp(pathOf(tmpdir(), 'brine-minion-'));
    const names = [fleet.bridgeAddress];
    await makeIdentity(dir, { names, now: Date.now() });
    const store = await openStore(pathOf(dir, 'store.db'));
    const eventlog = await EventLog.open(store, realWorld);
    const told = { of: undefined as MinionHost | undefined };
    const master = await startFleet({
      ...{ dir, names, store, eventlog, world: realWorld, log: pino({ level: 'silent' }) },
      listen: { host: fleet.bridgeAddress, port: 0 },
      handlers: {
        onHello: async (_, hello) => void told.of?.hellos.push(hello),
        onReport: async (_, __, report) => void told.of?.reports.push(report),
        onDrift: async (_, __, drift) => void told.of?.drifts.push(drift),
        onProgress: (_, progress) => void told.of?.progress.push(progress),
        onFacts: async () => undefined,
        onGone: () => undefined,
      },
    });
    const made = new MinionHost({ fleet, host, dir, store, master });
    told.of = made;
    await made.join();
    made.startMinion();
    await made.linked();
    return made;
  }

  get minionDir(): string {
    return pathOf(this.dir, 'minion');
  }

  get id(): HostId {
    return this.host.name as HostId;
  }

  get log(): string {
    return pathOf(this.dir, 'minion.log');
  }

  async join(): Promise<void> {
    const asked = { uses: 1, hours: 1, labels: {}, actor: 'ann@desk' };
    const { token } = await this.master.tokens.create(asked);
    const url = `wss://${this.fleet.bridgeAddress}:${this.master.address().port}`;
    const allow = { tests: ['http' as const, 'container' as const, 'exec' as const] };
    await join({ url, token, id: this.host.name, dir: this.minionDir, allow });
  }

  startMinion(): Running {
    const env = { DOCKER_HOST: this.host.dockerHost };
    const args = ['start', '--dir', this.minionDir];
    this.#minion = this.host.spawn(bin('minion'), args, { env, log: this.log });
    return this.#minion;
  }

  /** Until the master has seen it too: what it sent over the dead link would be lost. */
  async killMinion(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#minion?.kill(signal);
    await this.#minion?.exited;
    await until('the link has ended', async () => !this.master.connected().includes(this.id));
  }

  get pid(): number {
    return this.#minion?.pid ?? 0;
  }

  linked(): Promise<void> {
    return until('the minion is linked', async () => this.master.connected().includes(this.id));
  }

  minion(...args: readonly string[]): Promise<Ran> {
    return run(bin('minion'), [...args, '--dir', this.minionDir]);
  }

  async build(version: string, behaviour: Behaviour = 'good'): Promise<PinnedImage> {
    const registry = this.fleet.registryAddress;
    const wanted = { registry, repository: 'api', version, behaviour };
    const { repository, tag, digest } = await buildService(this.host, wanted);
    const image = { name: 'api', repository, tag, digest };
    this.images.set(version, image);
    return image;
  }

  image(version: string): PinnedImage {
    const found = this.images.get(version);
    if (found === undefined) throw new Error(`${version} was not built`);
    return found;
  }

  reference(version: string): string {
    const { repository, digest } = this.image(version);
    return `${repository}@${digest}`;
  }

  /** The service `api` on the fixed port, in this version. */
  api(version: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
    return specOf('api', { ...quick, ...published, image: this.image(version), ...more });
  }

  /** Sends the next generation; answers it. */
  desire(containers: readonly ContainerSpec[], more: Partial<Desire> = {}): Desire {
    this.#generation += 1;
    const generation = this.#generation;
    const state: HostState = stateOf(beta, containers);
    const desire = desireOf(beta, generation, { state, ...more });
    if (!this.master.desire(this.id, desire)) throw new Error('the minion is not linked');
    return desire;
  }

  async report(desire: Pick<Desire, 'generation' | 'mode'>, ms = 30_000): Promise<Report> {
    const find = (): Report | undefined =>
      this.reports.findLast(
        ({ generation, mode }) => generation === desire.generation && mode === desire.mode,
      );
    await until(
      `generation ${desire.generation} is reported`,
      async () => find() !== undefined,
      ms,
    );
    const found = find();
    if (found === undefined) throw new Error('a report that went away');
    return found;
  }

  async reached(containers: readonly ContainerSpec[], more: Partial<Desire> = {}): Promise<Report> {
    return this.report(this.desire(containers, more));
  }

  /** What the service answers at `/` on its published port; undefined where it does not. */
  async served(at = port): Promise<string | undefined> {
    try {
      const url = `http://${this.host.address}:${at}/`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
      return (await answer.text()).trim();
    } catch {
      return undefined;
    }
  }

  /** Name → state of every managed container. */
  async containers(): Promise<Record<string, string>> {
    const format = '{{.Names}} {{.State}}';
    const filter = 'label=brine.project=starfall';
    const text = await this.host.docker('ps', '--all', '--filter', filter, '--format', format);
    const lines = text.split('\n').filter((line) => line !== '');
    return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
  }

  async running(): Promise<string[]> {
    const all = Object.entries(await this.containers());
    return all.filter(([, state]) => state === 'running').map(([name]) => name);
  }

  async clear(): Promise<void> {
    await this.reached([]);
    this.drifts.length = 0;
    this.progress.length = 0;
  }

  async close(): Promise<void> {
    await this.killMinion('SIGTERM');
    await this.master.close();
    await this.store.close();
    await this.fleet.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}
