// `npm run bench`: one JSON line per figure, {"name","value","unit"} and, where a floor was measured
// in the same run, "floor" and "ratio". Medians; compare ratios, not absolute times.

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bin, Product, run } from '../e2e/product.ts';
import { statesFor, versionFile } from '../e2e/states.ts';
import { buildService, type Built } from '../fleet/images.ts';

const runs = Number(process.env['BENCH_RUNS'] ?? 7);
const floorScript = join(import.meta.dirname, 'floor.ts');
const rollout = '{ batch: 100%, min_healthy: 0s, progress: 60s }';

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const round = (value: number): number => Number(value.toPrecision(4));

/** Prints one figure; `floor` is in the same unit. */
function figure(name: string, value: number, unit: string, floor?: number): void {
  const more = floor === undefined ? {} : { floor: round(floor), ratio: round(value / floor) };
  process.stdout.write(`${JSON.stringify({ name, value: round(value), unit, ...more })}\n`);
}

/** Wall time of a whole process in ms; throws when it fails. */
async function timed(command: string, args: readonly string[]): Promise<number> {
  const from = performance.now();
  const done = await run(command, args);
  const took = performance.now() - from;
  if (done.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.out}${done.err}`);
  return took;
}

/** A shorter deadline than any figure needs would hide a hang; this only sums what was measured. */
async function pairs(
  ours: (turn: number) => Promise<number>,
  floor: (turn: number) => Promise<number>,
): Promise<[number, number]> {
  const a: number[] = [];
  const b: number[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    a.push(await ours(turn));
    b.push(await floor(turn));
  }
  return [median(a), median(b)];
}

async function rss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const apply = (product: Product): Promise<number> =>
  timed(bin('master'), ['apply', 'beta', '--yes', '--dir', product.masterDir]);

/** Upgrades to the other of the two versions each turn, every host at once. */
async function upgrades(product: Product, versions: readonly Built[]): Promise<number[]> {
  const took: number[] = [];
  for (let turn = 1; turn <= runs; turn += 1) {
    const version = versions[turn % 2];
    if (version === undefined) throw new Error('two versions are needed');
    await product.commit(`turn ${turn}`, {
      ...versionFile(version),
      ...statesFor({
        registry: product.fleet.registryAddress,
        version,
        rollout,
        env: { TURN: String(turn) },
      }),
    });
    took.push(await apply(product));
  }
  return took;
}

async function cliStart(): Promise<void> {
  const node = join(import.meta.dirname, '../../node_modules/.bin/node');
  const [value, floor] = await pairs(
    () => timed(bin('master'), ['--version']),
    () => timed(node, ['-e', '0']),
  );
  figure('cli_start', value, 'ms', floor);
}

async function oneHost(): Promise<void> {
  const product = await Product.start(1);
  try {
    const [host] = product.fleet.hosts;
    if (host === undefined) throw new Error('no host');
    const registry = product.fleet.registryAddress;
    const versions = await buildTwo(product);
    const [first] = versions;
    if (first === undefined) throw new Error('no version');
    await product.commit('first', statesFor({ registry, version: first, rollout }));
    await product.joinAll(['role=app', 'ring=beta']);
    await apply(product);
    const ours = await upgrades(product, versions);
    const socket = host.dockerHost.replace('unix://', '');
    const floors: number[] = [];
    for (let turn = 0; turn <= runs; turn += 1) {
      const image = `${registry}/api@${versions[turn % 2]?.digest}`;
      const old = turn === 0 ? '' : `floor-${turn - 1}`;
      const args = [floorScript, 'upgrade', socket, image, `floor-${turn}`, old];
      const took = await timed(process.execPath, args);
      if (turn > 0) floors.push(took);
    }
    figure('upgrade_one_host', median(ours), 'ms', median(floors));
  } finally {
    await product.close();
  }
}

async function buildTwo(product: Product): Promise<readonly Built[]> {
  const [host] = product.fleet.hosts;
  if (host === undefined) throw new Error('no host');
  const registry = product.fleet.registryAddress;
  const made: Built[] = [];
  for (const version of ['1.0.0', '1.1.0']) {
    made.push(
      await buildService(host, { registry, repository: 'api', version, behaviour: 'good' }),
    );
  }
  return made;
}

async function threeHosts(): Promise<void> {
  const product = await Product.start(3);
  try {
    const versions = await buildTwo(product);
    const [version] = versions;
    if (version === undefined) throw new Error('no version');
    const registry = product.fleet.registryAddress;
    await product.commit('first', statesFor({ registry, version, rollout }));
    await product.joinAll(['role=app', 'ring=beta']);
    await apply(product);
    figure('upgrade_three_hosts', median(await upgrades(product, versions)), 'ms');
    const sockets = product.fleet.hosts.map((host) => host.dockerHost.replace('unix://', ''));
    const [noop, lists] = await pairs(
      () => apply(product),
      () => timed(process.execPath, [floorScript, 'list', ...sockets]),
    );
    figure('noop_apply', noop, 'ms', lists);
    const [ping, node] = await pairs(
      () => timed(bin('master'), ['ping', '--dir', product.masterDir]),
      () => timed(process.execPath, ['-e', '0']),
    );
    figure('ping_all', ping, 'ms', node);
    figure('minion_link', await minionLink(product), 'ms');
    await new Promise((resolve) => setTimeout(resolve, 30_000));
    figure('rss_master_idle', await rss(product.masterPid), 'MB');
    const minion = product.minions.values().next().value;
    if (minion !== undefined) figure('rss_minion_idle', await rss(minion.pid), 'MB');
  } finally {
    await product.close();
  }
}

/** From `minion start` to the master's own word that it is linked. */
async function minionLink(product: Product): Promise<number> {
  const took: number[] = [];
  const [host] = product.fleet.hosts;
  if (host === undefined) throw new Error('no host');
  for (let turn = 0; turn < Math.min(runs, 5); turn += 1) {
    await product.killMinion(host, 'SIGTERM');
    const events = spawn(bin('master'), [
      ...['events', '-f', '--json', '--host', host.name, '--dir', product.masterDir],
    ]);
    const linked = new Promise<void>((resolve) => {
      events.stdout.on('data', (text: Buffer) => {
        if (started > 0 && text.includes('"linked"')) resolve();
      });
    });
    let started = 0;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    started = performance.now();
    product.startMinion(host);
    await linked;
    took.push(performance.now() - started);
    events.kill();
  }
  return median(took);
}

await cliStart();
await oneHost();
await threeHosts();
