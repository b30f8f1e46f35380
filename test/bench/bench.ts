// `npm run bench`: one JSON line per figure, {"name","value","unit"} and, where a floor was measured
// in the same run, "floor" and "ratio". Medians; compare ratios, not absolute times.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bin, Product } from '../e2e/product.ts';
import { statesFor } from '../e2e/states.ts';
import { buildService, type Built } from '../fleet/images.ts';
import { sleep } from '../fleet/process.ts';
import { figure, pairs, repeated, rss, timed } from './measure.ts';

const floorScript = join(import.meta.dirname, 'floor.ts');
const rollout = '{ batch: 100%, min_healthy: 0s, progress: 60s }';
const idleMs = 30_000;

const node = (...args: readonly string[]): Promise<number> => timed(process.execPath, args);

const nodeAlone = (): Promise<number> => node('-e', '0');

await cliStart();
await withHosts(1, upgrade('upgrade_one_host'));
await withHosts(3, async (bench) => {
  await upgrade('upgrade_three_hosts')(bench);
  await noopApply(bench);
  await pingAll(bench);
  await minionLink(bench);
  await idleMemory(bench);
});

interface Bench {
  readonly product: Product;
  readonly versions: readonly Built[];
}

async function cliStart(): Promise<void> {
  const [value, floor] = await pairs(() => timed(bin('master'), ['--version']), nodeAlone);
  figure('cli_start', value, 'ms', floor);
}

/** A master and linked minions whose hosts run the first of two versions and have both. */
async function withHosts(hosts: number, work: (bench: Bench) => Promise<void>): Promise<void> {
  const product = await Product.start(hosts);
  try {
    const bench = { product, versions: await buildTwo(product) };
    await commit(bench, 0);
    await product.joinAll(['role=app', 'ring=beta']);
    await apply(product);
    for (const { reference } of bench.versions) {
      await Promise.all(product.fleet.hosts.map((host) => host.docker('pull', '-q', reference)));
    }
    await work(bench);
  } finally {
    await product.close();
  }
}

async function buildTwo({ fleet }: Product): Promise<readonly Built[]> {
  const [host] = fleet.hosts;
  if (host === undefined) throw new Error('no host');
  const wanted = { registry: fleet.registryAddress, repository: 'api', behaviour: 'good' } as const;
  const versions: Built[] = [];
  for (const version of ['1.0.0', '1.1.0']) {
    versions.push(await buildService(host, { ...wanted, version }));
  }
  return versions;
}

/** A version that no host has run yet in this form. */
function commit({ product, versions }: Bench, turn: number): Promise<void> {
  const version = versions[turn % versions.length];
  if (version === undefined) throw new Error('there are no versions');
  const registry = product.fleet.registryAddress;
  const states = statesFor({ registry, version, rollout, env: { TURN: String(turn) } });
  return product.commit(`turn ${turn}`, states);
}

function apply(product: Product): Promise<number> {
  return timed(bin('master'), ['apply', 'beta', '--yes', '--dir', product.masterDir]);
}

/** As the floor wants them. */
function hostsOf({ fleet }: Product): string[] {
  return fleet.hosts.map(
    ({ dockerHost, address }) => `${dockerHost.slice('unix://'.length)},${address}`,
  );
}

/** The whole command, all hosts at once, against the bare Docker calls on the same hosts. */
function upgrade(name: string): (bench: Bench) => Promise<void> {
  return async (bench) => {
    const { product, versions } = bench;
    const [value, floor] = await pairs(
      async (turn) => {
        await commit(bench, turn + 1);
        return apply(product);
      },
      (turn) => {
        const image = versions[(turn + 1) % versions.length]?.reference ?? '';
        const old = turn === 0 ? '-' : `floor-${turn - 1}`;
        return node(floorScript, 'upgrade', image, `floor-${turn}`, old, ...hostsOf(product));
      },
    );
    figure(name, value, 'ms', floor);
  };
}

async function noopApply({ product }: Bench): Promise<void> {
  const [value, floor] = await pairs(
    () => apply(product),
    () => node(floorScript, 'list', ...hostsOf(product)),
  );
  figure('noop_apply', value, 'ms', floor);
}

async function pingAll({ product }: Bench): Promise<void> {
  const [value, floor] = await pairs(
    () => timed(bin('master'), ['ping', '--dir', product.masterDir]),
    nodeAlone,
  );
  figure('ping_all', value, 'ms', floor);
}

/** From `minion start` to the master's own word that it is linked. */
async function minionLink({ product }: Bench): Promise<void> {
  const [host] = product.fleet.hosts;
  if (host === undefined) throw new Error('no host');
  const log = join(product.dir, 'master.log');
  const links = async (): Promise<number> =>
    (await readFile(log, 'utf8')).split('"msg":"linked"').length - 1;
  const value = await repeated(async () => {
    await product.killMinion(host, 'SIGTERM');
    const before = await links();
    const from = performance.now();
    product.startMinion(host);
    while ((await links()) === before) {
      if (performance.now() - from > idleMs) throw new Error('the minion does not link');
      await sleep(1);
    }
    return performance.now() - from;
  });
  figure('minion_link', value, 'ms');
}

async function idleMemory({ product }: Bench): Promise<void> {
  await sleep(idleMs);
  figure('rss_master_idle', await rss(product.masterPid), 'MB');
  const [minion] = [...product.minions.values()].slice(-1);
  if (minion !== undefined) figure('rss_minion_idle', await rss(minion.pid), 'MB');
}
