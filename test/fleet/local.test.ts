// A run on somebody's Docker Engine that is killed leaves nothing there, and what is not its own stays.

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, type Host } from './fleet.ts';
import { buildService } from './images.ts';
import { sweepLocal } from './local.ts';
import { end, identify, sleep, type ProcessId } from './process.ts';

let fleet: Fleet;
let host: Host;
/** Of whoever owns the Engine. */
let theirs: string;
let run: ProcessId | undefined;

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 1, registry: true });
  const [only] = fleet.hosts;
  if (only === undefined) throw new Error('no host');
  host = only;
  const wanted = { repository: 'site', version: '1', behaviour: 'good' } as const;
  const built = await buildService(host, { registry: fleet.registryAddress, ...wanted });
  await host.docker('run', '--detach', '--name', 'site', built.reference);
  theirs = await listed();
});

afterEach(async () => {
  if (run !== undefined) await end([run]);
  await sweepLocal();
});

afterAll(() => fleet?.close());

/** All that is on the Engine, by name. */
async function listed(): Promise<string> {
  const lists = [
    ['ps', '--all', '--format', 'container {{.Names}} {{.State}}'],
    ['network', 'ls', '--format', 'network {{.Name}}'],
    ['volume', 'ls', '--format', 'volume {{.Name}}'],
    ['images', '--all', '--format', 'image {{.Repository}}:{{.Tag}}'],
  ];
  const texts = await Promise.all(lists.map((list) => host.docker(...list)));
  // Images of one second come in any order.
  return texts.map((text) => text.trimEnd().split('\n').sort().join('\n')).join('\n');
}

/** Starts the program that leaves all that behind, beside what the Engine's owner has. */
async function stray(): Promise<{ readonly dir: string; readonly run: ProcessId }> {
  const log = join(host.dir, `stray-${randomUUID()}.log`);
  const program = join(import.meta.dirname, 'local-stray.ts');
  const env = { DOCKER_HOST: host.dockerHost };
  const running = host.spawn(process.execPath, [program], { env, log });
  let ended = false;
  void running.exited.then(() => (ended = true));
  const told = (): string | undefined =>
    /^\{.*\}$/m.exec(existsSync(log) ? readFileSync(log, 'utf8') : '')?.[0];
  while (told() === undefined) {
    if (ended) throw new Error(readFileSync(log, 'utf8'));
    await sleep(50);
  }
  const { dir, pid } = JSON.parse(told() ?? '') as { dir: string; pid: number };
  run = identify(pid);
  if (run === undefined) throw new Error('the stray does not run');
  return { dir, run };
}

/** The processes that work with a path or wait for a process, by their command lines. */
function processes(word: string): ProcessId[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(word))
    .map((pid) => identify(Number(pid)))
    .filter((id) => id !== undefined);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const ours = [
  'container starfall-beta-api-1 running',
  'network starfall-beta',
  'volume starfall-beta-data',
];

describe('a run on an Engine of somebody that is killed', () => {
  it('leaves nothing of its own there', async () => {
    const left = await stray();
    const seen = await listed();
    for (const each of ours) expect(seen).toContain(each);
    await end([left.run]);
    while (existsSync(left.dir)) await sleep(50);
    expect(await listed()).toBe(theirs);
    expect(processes(left.dir)).toEqual([]);
  });

  it('together with its keeper is cleared by the next run, and not before it is over', async () => {
    const left = await stray();
    expect(await sweepLocal()).toEqual([]);
    const keepers = processes(`keeper.ts ${left.run.pid} ${left.dir}`);
    expect(keepers).toHaveLength(1);
    await end([...keepers, left.run]);
    await sleep(500);
    const seen = await listed();
    for (const each of ours) expect(seen).toContain(each);
    expect(processes(left.dir).length).toBeGreaterThan(0);
    expect(await sweepLocal()).toEqual([]);
    expect(await listed()).toBe(theirs);
    expect(processes(left.dir)).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => left.dir.endsWith(name))).toEqual([]);
  });
});
