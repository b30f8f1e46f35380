// Docker is killed while it starts the container of a new version. Whatever it forgets of that, the change
// ends with the new version: the minion mends what can be mended, and waits, saying so, for what only a
// start of Docker mends. Each moment has an environment and a port of its own.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Desire, Report } from '../../protocol/messages.ts';
import type { EnvironmentName } from '../../states/ids.ts';
import { containerName } from '../../states/naming.ts';
import { until } from '../e2e/product.ts';
import type { Host } from '../fleet/fleet.ts';
import { ownHost } from '../fleet/one.ts';
import { stateOf } from '../minion/samples.ts';
import { begun, booked, made, nextContainer, running, soon, type Start } from './crash.ts';
import { MinionHost } from './minion-host.ts';

let host: MinionHost;
beforeAll(async () => {
  host = await MinionHost.start();
  await host.build('1.0.0');
  await host.build('1.1.0');
});
afterAll(() => host?.close());

interface Place {
  readonly environment: EnvironmentName;
  readonly port: number;
}

function stateIn({ environment, port }: Place, tag: string): Desire['state'] {
  const ports = [{ address: '0.0.0.0', host: port, container: 8080, protocol: 'tcp' } as const];
  return stateOf(environment, [host.api(tag, { ports })]);
}

function nameIn(place: Place, tag: string): string {
  const state = stateIn(place, tag);
  const [spec] = state.containers;
  if (spec === undefined) throw new Error('no container');
  return containerName({ ...state, spec });
}

const wordsOf = ({ generation }: Desire): readonly string[] =>
  host.progress
    .filter((each) => each.generation === generation)
    .map(({ phase, detail }) => `${phase}: ${detail}`);
const isTold = (desire: Desire, beginning: string): boolean =>
  wordsOf(desire).some((words) => words.startsWith(beginning));
const reportsOf = ({ generation }: Desire): readonly Report[] =>
  host.reports.filter((each) => each.generation === generation);

/** Everything of the environment: name → state. */
async function containersIn({ environment }: Place): Promise<Record<string, string>> {
  const all = Object.entries(await host.containers());
  return Object.fromEntries(all.filter(([name]) => name.startsWith(`starfall-${environment}-`)));
}

async function restartDocker(own: Host): Promise<void> {
  await own.killDocker();
  await sleep(300);
  await own.startDocker();
}

/** Starts Docker once more whenever the minion says that nothing else frees the port. */
async function settled(own: Host, place: Place, desire: Desire): Promise<void> {
  const stale = `waiting: Docker counts port ${place.port} of this host as taken`;
  const isOver = (): boolean => reportsOf(desire).length > 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const isLost = (): boolean => isTold(desire, stale);
    await until('it is over, or waits for Docker', async () => isOver() || isLost(), 60_000);
    if (isOver()) return;
    // Nothing is given up meanwhile, and nothing is tried that does not help.
    await sleep(1_000);
    expect(isOver()).toBe(false);
    expect(isTold(desire, 'reverting')).toBe(false);
    host.progress.length = 0;
    await restartDocker(own);
  }
  await until('it is over', async () => isOver(), 60_000);
}

type Moment = (start: Start, desire: Desire) => Promise<void>;

const told =
  (phase: string): Moment =>
  (_, desire) =>
    soon(`${phase} is told`, () => isTold(desire, phase));

const moments: readonly (readonly [what: string, port: number, moment: Moment])[] = [
  ['is asked to start it', 18_101, told('starting')],
  ['has booked its port', 18_102, booked],
  ['has begun to make it', 18_103, begun],
  ['has it ready', 18_104, made],
  ['lets it run', 18_105, running],
  ['runs it, before it is healthy', 18_106, told('checking')],
];

it.for(moments)('Docker killed as it %s: the change goes on', async ([, port, moment], test) => {
  const own = ownHost(host.host, test);
  const place = { environment: `beta-${port}` as EnvironmentName, port };
  await host.report(host.desire([], { state: stateIn(place, '1.0.0') }));
  host.progress.length = 0;
  expect(await host.served(port)).toBe('1.0.0');

  const found = nextContainer(own);
  const desire = host.desire([], { state: stateIn(place, '1.1.0') });
  await moment({ host: own, container: await found, port }, desire);
  await restartDocker(own);
  await settled(own, place, desire);

  // That Docker goes away is nothing that a version can be blamed for: there is no going back.
  const [report] = reportsOf(desire);
  expect(report).toMatchObject({ outcome: 'done', now: 'new', reverted: false, failures: [] });
  expect(report?.running).toMatchObject([{ service: 'api', tag: '1.1.0', health: 'healthy' }]);
  expect(await host.served(port)).toBe('1.1.0');
  const [was, is] = [nameIn(place, '1.0.0'), nameIn(place, '1.1.0')];
  expect(await containersIn(place)).toEqual({ [was]: 'exited', [is]: 'running' });
  await sleep(1_000);
  expect(reportsOf(desire)).toHaveLength(1);
  await clear(place);
});

/** What is left can be taken away like anything else. */
async function clear(place: Place): Promise<void> {
  const { environment } = place;
  await host.report(host.desire([], { state: stateOf(environment, []) }));
  expect(await containersIn(place)).toEqual({});
  const networks = await host.host.docker('network', 'ls', '--format', '{{.Name}}');
  expect(networks.split('\n')).not.toContain(`starfall-${environment}`);
}
