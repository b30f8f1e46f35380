// The product as its users run it: bin/master and bin/minion as processes, a states repository in
// git, real Docker hosts. Nothing here reaches into the programs.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fleet, type Host, type Running } from '../fleet/fleet.ts';
import { portLike } from '../fleet/ports.ts';

const root = join(import.meta.dirname, '../..');
export const bin = (name: 'master' | 'minion'): string => join(root, 'bin', name);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const run = (
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', ...options.env };
    execFile(command, args, { ...options, env, maxBuffer: 1 << 26 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });

/** An event as `master events --json` tells it. */
interface Told {
  readonly seq: number;
  readonly kind: string;
  readonly host?: string;
  readonly phase?: string;
  readonly rollout?: string;
  readonly release?: string;
  readonly commit?: string | null;
  readonly failures?: readonly {
    readonly code: string;
    readonly probe?: string;
    readonly logs?: readonly string[];
  }[];
}

interface Setup {
  /** The states are pushed to a bare repository, which the master fetches from and pushes to. */
  readonly remote?: boolean;
  /** Serves the API on the bridge's address, too. */
  readonly api?: boolean;
  /** What a person changes in master.yaml before the first start. */
  readonly config?: (text: string) => string;
}

/** One master on the bridge's address, one minion in each host's namespace, states in git. */
export class Product {
  readonly fleet: Fleet;
  readonly dir: string;
  readonly states: string;
  readonly minions = new Map<string, Running>();
  readonly #linkAddress: string;
  readonly apiAddress: string;
  #master: Running | undefined;

  private constructor(fleet: Fleet, dir: string, ports: readonly [number, number]) {
    this.fleet = fleet;
    this.dir = dir;
    this.states = join(dir, 'states');
    this.#linkAddress = `${fleet.bridgeAddress}:${ports[0]}`;
    this.apiAddress = `${fleet.bridgeAddress}:${ports[1]}`;
  }

  /** Master initialised and started; no minion has joined yet. */
  static async start(hosts: number, setup: Setup = {}): Promise<Product> {
    const fleet = await Fleet.start({ hosts, registry: true });
    const near = (port: number): Promise<number> => portLike(port, fleet.bridgeAddress);
    const ports = [await near(4505), await near(4506)] as const;
    const product = new Product(fleet, await mkdtemp(join(tmpdir(), 'brine-e2e-')), ports);
    await product.git('init', '--quiet', '--initial-branch=main', product.states);
    await product.#init(setup);
    await product.startMaster();
    return product;
  }

  async #init({ remote = false, api = false, config }: Setup): Promise<void> {
    const bare = join(this.dir, 'states.git');
    if (remote) {
      await this.git('init', '--quiet', '--bare', '--initial-branch=main', bare);
      await this.git('remote', 'add', 'origin', bare);
    }
    const made = await this.master(
      'init',
      ...['--states', remote ? `file://${bare}` : this.states],
      ...['--listen', this.#linkAddress, '--api', api ? this.apiAddress : 'off'],
    );
    if (made.code !== 0) throw new Error(`master init: ${made.err}`);
    if (config !== undefined) await this.configure(config);
  }

  /** Changes master.yaml; holds from the next start on. */
  async configure(change: NonNullable<Setup['config']>): Promise<void> {
    const path = join(this.masterDir, 'master.yaml');
    await writeFile(path, change(await readFile(path, 'utf8')));
  }

  get masterPid(): number {
    if (this.#master === undefined) throw new Error('no master was started');
    return this.#master.pid;
  }

  get masterDir(): string {
    return join(this.dir, 'master');
  }

  git(...args: string[]): Promise<Ran> {
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    return run('git', [...who, ...args], { cwd: args[0] === 'init' ? this.dir : this.states });
  }

  /** Writes files (path → text) into the states repository and commits them. */
  async commit(message: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.states, path)), { recursive: true });
      await writeFile(join(this.states, path), text);
    }
    await this.git('add', '--all');
    const done = await this.git('commit', '--quiet', '-m', message);
    if (done.code !== 0) throw new Error(`git commit: ${done.out}${done.err}`);
  }

  /** Onto what others, the master too, have pushed. */
  async push(): Promise<void> {
    await this.pull();
    const pushed = await this.git('push', '--quiet', '--set-upstream', 'origin', 'main');
    if (pushed.code !== 0) throw new Error(`git push: ${pushed.err}`);
  }

  async pull(): Promise<void> {
    const fetched = await this.git('fetch', '--quiet', 'origin');
    const there = await this.git('rev-parse', '--verify', '--quiet', 'origin/main');
    if (there.code !== 0) return;
    const rebased = await this.git('rebase', '--quiet', 'origin/main');
    if (fetched.code + rebased.code !== 0) throw new Error(`git pull: ${rebased.err}`);
  }

  /** The whole history, from old to new. */
  async events(): Promise<readonly Told[]> {
    const { out } = await this.master('events', '--json', '--lines', '1000');
    const lines = out.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Told);
  }

  master(...args: string[]): Promise<Ran> {
    return run(bin('master'), [...args, '--dir', this.masterDir]);
  }

  async startMaster(): Promise<void> {
    this.#master = this.fleet.spawn(bin('master'), ['start', '--dir', this.masterDir], {
      log: join(this.dir, 'master.log'),
    });
    await until('the master answers', async () => (await this.master('status')).code === 0);
  }

  async killMaster(): Promise<void> {
    this.#master?.kill('SIGKILL');
    await this.#master?.exited;
  }

  minionDir(host: Host): string {
    return join(this.dir, host.name);
  }

  /** Joins every host under its own name with the labels, and waits until all are linked. */
  async joinAll(labels: readonly string[]): Promise<void> {
    await this.join(this.fleet.hosts, labels);
    await until('all minions are linked', async () => (await this.master('ping')).code === 0);
  }

  /** `allow`: what these hosts let their master do, beside running services. */
  async join(
    hosts: readonly Host[],
    labels: readonly string[],
    allow: readonly string[] = [],
  ): Promise<void> {
    const given = labels.flatMap((label) => ['--label', label]);
    const uses = String(hosts.length);
    const made = await this.master('token', 'create', ...given, '--uses', uses, '--json');
    const { token } = JSON.parse(made.out) as { token: string };
    const url = `wss://${this.#linkAddress}`;
    for (const host of hosts) {
      const allowed = allow.flatMap((each) => ['--allow', each]);
      const args = ['join', url, '--token', token, '--id', host.name, ...allowed];
      const joined = await host.spawn(bin('minion'), [...args, '--dir', this.minionDir(host)])
        .exited;
      if (joined.code !== 0) throw new Error(`minion join ${host.name}: exit ${joined.code}`);
      this.startMinion(host);
    }
  }

  startMinion(host: Host): void {
    const env = { DOCKER_HOST: host.dockerHost };
    const args = ['start', '--dir', this.minionDir(host)];
    const log = join(this.dir, `${host.name}.log`);
    this.minions.set(host.name, host.spawn(bin('minion'), args, { env, log }));
  }

  async killMinion(host: Host, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const minion = this.minions.get(host.name);
    minion?.kill(signal);
    await minion?.exited;
  }

  /** What the service on each host answers at `/`, undefined where it does not answer. */
  served(port: number): Promise<(string | undefined)[]> {
    return Promise.all(
      this.fleet.hosts.map(async (host) => {
        try {
          const signal = AbortSignal.timeout(2_000);
          return (await (await fetch(`http://${host.address}:${port}/`, { signal })).text()).trim();
        } catch {
          return undefined;
        }
      }),
    );
  }

  async close(): Promise<void> {
    for (const host of this.fleet.hosts) await this.killMinion(host, 'SIGTERM');
    this.#master?.kill('SIGTERM');
    await this.#master?.exited;
    await this.fleet.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Waits until `check` holds; throws with `what` after `ms`. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
