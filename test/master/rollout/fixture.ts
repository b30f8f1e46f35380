// A driver with a real store and a real history, minions that obey at once, and a master that can be
// killed at any commit.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { EventLog } from '../../../master/eventlog.ts';
import { readDesired, readRollout } from '../../../master/rollout/keys.ts';
import { RolloutDriver, type RolloutRequest } from '../../../master/rollout/driver.ts';
import type { DesiredRecord, Rollout } from '../../../master/rollout/record.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import type { Store } from '../../../master/store/store.ts';
import { parseReleaseId, parseServiceName, type HostId } from '../../../states/ids.ts';
import type { ContainerSpec, HostState, RolloutPolicy } from '../../../states/model.ts';
import { Minions } from './minions.ts';
import { beta, policyOf } from './model.ts';
import { HeldWorld, quiet } from './world.ts';

export class Killed extends Error {}

export class Fixture {
  readonly dir = mkdtempSync(join(tmpdir(), 'brine-driver-'));
  readonly world = new HeldWorld();
  readonly hosts: readonly HostId[];
  readonly minions: Minions;
  store!: Store;
  log!: EventLog;
  driver!: RolloutDriver;
  /** Commits so far, and the one at which the master dies: before it is durable, or after. */
  commits = 0;
  killAt: { readonly commit: number; readonly durable: boolean } | undefined;
  #dead = false;

  private constructor(hosts: readonly HostId[]) {
    this.hosts = hosts;
    this.minions = new Minions(hosts);
  }

  static async start(hosts: readonly HostId[], linked = hosts): Promise<Fixture> {
    const fixture = new Fixture(hosts);
    await fixture.startMaster();
    await fixture.minions.link(...linked);
    return fixture;
  }

  get killed(): boolean {
    return this.#dead;
  }

  async startMaster(): Promise<void> {
    this.#dead = false;
    this.store = await openStore(join(this.dir, 'brine.db'));
    this.log = await EventLog.open(this.store, this.world);
    this.driver = await RolloutDriver.open({
      store: this.store,
      eventlog: {
        commit: (...args) => this.#commit(...args),
        publish: (live) => this.log.publish(live),
      },
      world: this.world,
      log: pino({ level: 'silent' }),
    });
    this.driver.use({
      desire: (host, desire) => !this.#dead && this.minions.desire(host, desire),
    });
    this.minions.attach(this.driver);
  }

  /** As a kill would: nothing is closed in good order but the file, which only one may hold. */
  async stopMaster(): Promise<void> {
    this.#dead = true;
    this.minions.attach(undefined);
    await quiet();
    await this.store.close();
  }

  /** As if its disk were a new one. */
  loseStore(): void {
    for (const end of ['', '-wal', '-shm'])
      rmSync(join(this.dir, `brine.db${end}`), { force: true });
  }

  async close(): Promise<void> {
    await this.driver.close();
    await this.store.close();
    rmSync(this.dir, { recursive: true });
  }

  /** Lets time go on until the rollout is over. */
  async toEnd(id: string): Promise<Rollout> {
    for (let round = 0; round < 300; round += 1) {
      await quiet();
      if (this.#dead) throw new Killed();
      const rollout = await readRollout(this.store, id);
      if (rollout === undefined) throw new Error(`no rollout ${id}`);
      if (rollout.endedAt !== null) return rollout;
      await this.world.pass(Math.max(0, (this.world.next ?? 0) - this.world.now()));
    }
    throw new Error(`${id} does not end`);
  }

  async desired(host: HostId, environment = 'beta'): Promise<DesiredRecord | undefined> {
    return (await readDesired(this.store, environment, host)).value;
  }

  async #commit(...args: Parameters<EventLog['commit']>): ReturnType<EventLog['commit']> {
    if (this.#dead) throw new Killed();
    this.commits += 1;
    const dies = this.killAt?.commit === this.commits ? this.killAt : undefined;
    const done = dies?.durable === false ? undefined : await this.log.commit(...args);
    if (dies !== undefined) {
      this.#dead = true;
      throw new Killed();
    }
    return done;
  }
}

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('not a name');
  return value;
};

export const releaseOf = (version: number) =>
  required(parseReleaseId(version.toString(16).padStart(8, '0')));

export const specOf = (version: number): ContainerSpec => ({
  service: required(parseServiceName('api')),
  slot: 1,
  image: {
    ...{ name: 'api', repository: 'registry.example.com/api', tag: `1.${version}.0` },
    digest: `sha256:${String(version).padStart(64, '0')}`,
  },
  ...{ env: { GREETING: 'hello' }, mounts: [], restart: { policy: 'no' }, limits: {}, labels: {} },
  ports: [{ address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' }],
  healthcheck: { kind: 'none', intervalMs: 1_000, timeoutMs: 1_000, startMs: 1_000, retries: 3 },
  ...{ stop: { signal: 'SIGTERM', timeoutMs: 1_000 }, minHealthyMs: 0, needs: [], retain: 3 },
  at: { file: 'services/api.yaml', line: 1, column: 1 },
});

export const stateOf = (version: number): HostState => ({
  ...{ project: 'starfall', environment: beta, release: releaseOf(version), commit: null },
  ...{ network: 'starfall-beta', containers: [specOf(version)] },
});

export const requestOf = (
  fixture: Fixture,
  version: number,
  more: Partial<RolloutRequest> & { readonly policy?: RolloutPolicy } = {},
): RolloutRequest => {
  const linked = new Set(fixture.minions.connected());
  return {
    ...{ project: 'starfall', environment: beta, release: releaseOf(version), commit: null },
    ...{ subject: null, actor: 'ann@laptop', cause: 'apply', partial: false, images: [] },
    policy: policyOf(),
    hosts: fixture.hosts.map((host) => ({
      ...{ host, linked: linked.has(host), changes: true, running: [], state: stateOf(version) },
    })),
    ...more,
  };
};
