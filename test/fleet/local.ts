// One host on the Docker Engine that is there, for tests that need no more and for people who are not
// root. It belongs to somebody: what we make bears our label, and nothing else is touched.

import { renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { command } from './command.ts';
import { EventWatch, SeenEvents } from './engine-events.ts';
import { keepWatch } from './keep-watch.ts';
import { findLocalPlace, type LocalPlace } from './local-place.ts';
import type { OneHostFleet, Owned, SomeHost } from './one.ts';
import { freePort } from './ports.ts';
import {
  end,
  identify,
  runs,
  start,
  type ProcessId,
  type Running,
  type SpawnOptions,
} from './process.ts';
import { Registry } from './registry.ts';

/** Containers have it from their image, whoever makes them. Its value is one fleet's. */
const label = 'brine-tests';
const prefix = 'brine-local-';

/** What there is to take away, on disk before it exists. */
interface LocalRecord {
  readonly owner: ProcessId;
  readonly dir: string;
  readonly dockerHost: string;
  readonly mark: string;
  readonly processes: ProcessId[];
}

export class LocalFleet implements OneHostFleet {
  readonly hosts: readonly [SomeHost];
  readonly registry: Registry;
  readonly bridgeAddress: string;
  readonly #record: LocalRecord;

  private constructor(place: LocalPlace, record: LocalRecord, around: Around) {
    this.#record = record;
    this.bridgeAddress = place.address;
    const spawn = this.#spawn.bind(this);
    const address = `127.0.0.1:${around.port}`;
    this.registry = new Registry({ dir: join(record.dir, 'registry'), address, spawn });
    this.hosts = [new LocalHost({ ...around, ...place, ...record, registry: address, spawn })];
  }

  static async start(): Promise<LocalFleet> {
    const place = findLocalPlace();
    if (typeof place === 'string') throw new Error(place);
    const { dockerHost } = place;
    const owner = identify(process.pid);
    if (owner === undefined) throw new Error('processes are not told of in /proc here');
    const dir = await mkdtemp(join(tmpdir(), prefix));
    const mark = `${label}=${basename(dir)}`;
    const record: LocalRecord = { owner, dir, dockerHost, mark, processes: [] };
    save(record);
    keepWatch(recordPath(dir));
    const strangers = new Set(await namesAt(dockerHost));
    const fleet = new LocalFleet(place, record, { port: await freePort(), strangers });
    try {
      await fleet.registry.start();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  get registryAddress(): string {
    return this.registry.address;
  }

  #spawn(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
    const running = start(program, args, options);
    const id = identify(running.pid);
    if (id !== undefined) this.#record.processes.push(id);
    save(this.#record);
    return running;
  }

  close(): Promise<void> {
    return removeLocal(this.#record);
  }
}

interface Around {
  readonly port: number;
  /** What was there before us. */
  readonly strangers: ReadonlySet<string>;
}

interface HostAround extends LocalPlace, LocalRecord, Around {
  readonly registry: string;
  readonly spawn: SomeHost['spawn'];
}

class LocalHost implements SomeHost {
  readonly name = 'local-1';
  readonly address: string;
  readonly dir: string;
  readonly dockerHost: string;
  readonly spawn: SomeHost['spawn'];
  readonly #around: HostAround;

  constructor(around: HostAround) {
    this.#around = around;
    this.address = around.address;
    this.dir = around.dir;
    this.dockerHost = around.dockerHost;
    this.spawn = around.spawn;
  }

  async docker(...args: readonly string[]): Promise<string> {
    const { mark, strangers, dockerHost, dir } = this.#around;
    const foreign = args.find((word) => strangers.has(word));
    if (foreign !== undefined) throw new Error(`${foreign} was on this Docker before the test`);
    const [verb = '', ...rest] = args;
    const marked = verb === 'build' ? [verb, '--label', mark, ...rest] : args;
    return dockerAt({ dockerHost, dir }, marked);
  }

  async forgetImages(): Promise<void> {
    await prune(this.#around);
  }

  owns({ name, labels }: Owned): boolean {
    const [key = '', value] = this.#around.mark.split('=');
    return (
      labels[key] === value ||
      name.startsWith('starfall-') ||
      name.startsWith(`${this.#around.registry}/`)
    );
  }

  events(): { stop(): Promise<SeenEvents> } {
    const watch = new EventWatch(this.dockerHost.slice('unix://'.length));
    const ours = ({ all }: SeenEvents): SeenEvents =>
      new SeenEvents(all.filter((event) => this.owns(event)));
    return { stop: async () => ours(await watch.stop()) };
  }
}

const recordPath = (dir: string): string => join(dir, 'record.json');
/** Whole or not at all: whoever is killed over it leaves the one before. */
function save(record: LocalRecord): void {
  const path = recordPath(record.dir);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/**
 * Takes away what runs have left that were killed together with their keeper. What an Engine does not
 * let go is there for the next time; answers where, and why.
 */
export async function sweepLocal(): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith(prefix))) {
    const dir = join(tmpdir(), name);
    await removeDead(dir).catch((error: unknown) => {
      left.push(`${dir} is still there: ${String(error)}`);
    });
  }
  return left;
}

/** Only ours: somebody else's record could name anything. */
async function removeDead(dir: string): Promise<void> {
  const path = recordPath(dir);
  if ((await stat(dir)).uid !== process.getuid?.()) return;
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const record = JSON.parse(text) as LocalRecord;
  if (!runs(record.owner)) await removeLocal(record);
}

/** For whoever clears up after a process that was killed; nothing where all is gone. */
export async function removeRecorded(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) await removeLocal(JSON.parse(text) as LocalRecord);
}

/** Processes first: a minion would put right what is taken away. */
async function removeLocal(record: LocalRecord): Promise<void> {
  await end(record.processes);
  const ours = ['--filter', `label=${record.mark}`];
  // None of that name was there when we came.
  const named = ['--filter', 'name=^starfall-'];
  await removeListed(record, ['rm', '--force', '--volumes'], ['ps', '--all', ...ours]);
  await removeListed(record, ['network', 'rm'], ['network', 'ls', ...named]);
  await removeListed(record, ['volume', 'rm'], ['volume', 'ls', ...named]);
  await prune(record);
  await rm(record.dir, { recursive: true, force: true });
}

async function removeListed(
  at: DockerAt,
  verb: readonly string[],
  list: readonly string[],
): Promise<void> {
  const found = (await dockerAt(at, [...list, '--quiet'])).split('\n').filter((id) => id !== '');
  if (found.length > 0) await dockerAt(at, [...verb, ...found]);
}

const prune = ({ mark, ...at }: LocalRecord): Promise<string> =>
  dockerAt(at, ['image', 'prune', '--all', '--force', '--filter', `label=${mark}`]);

/** Names of containers and volumes. */
async function namesAt(dockerHost: string): Promise<string[]> {
  const at = { dockerHost, dir: tmpdir() };
  const lists = [
    ['ps', '--all', '--format', '{{.Names}}'],
    ['volume', 'ls', '--format', '{{.Name}}'],
  ];
  const texts = await Promise.all(lists.map((list) => dockerAt(at, list)));
  return texts.flatMap((text) => text.split('\n')).filter((name) => name !== '');
}

interface DockerAt {
  readonly dockerHost: string;
  readonly dir: string;
}

/** Without the settings of whoever runs the tests. */
function dockerAt({ dockerHost, dir }: DockerAt, args: readonly string[]): Promise<string> {
  const own = { DOCKER_HOST: dockerHost, DOCKER_CONFIG: dir, DOCKER_BUILDKIT: '0' };
  return command('docker', args, { env: { ...process.env, ...own } });
}
