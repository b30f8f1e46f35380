// How every environment stands: release, versions, hosts, the last rollout's result in words. With
// one environment asked for, each of its hosts too; else only those that need a look.

import type {
  EnvironmentStatus,
  PendingView,
  RolloutView,
  StatusView,
} from '../../api/contract.ts';
import type { PipelineView, StageView } from '../../api/pipeline-contract.ts';
import { isOver } from '../exit.ts';
import { presence } from './fleet.ts';
import { commitWords, heading, imageWords } from './heading.ts';
import type { Page } from './plan.ts';
import { runsWords } from './runs.ts';
import { stagesText, stageText } from './stages.ts';
import type { Style } from './style.ts';
import { table, type Cell } from './table.ts';
import { cut, harmless, listed, plural, wrap } from './text.ts';
import { ago, coarse } from './time.ts';

interface AskedStatus {
  readonly view: StatusView;
  readonly pipeline: PipelineView;
  readonly full: boolean;
  readonly now: number;
}

export function statusText(asked: AskedStatus, page: Page): string {
  return [...bodies(asked, page), tailLines(asked.view, page).join('\n')].join('\n\n');
}

/** The line of stages as one, then the environments outside of it; or all of one environment. */
function bodies(asked: AskedStatus, page: Page): string[] {
  const { view, pipeline, full, now } = asked;
  const { environments } = view;
  const inLine = { pipeline, environments, now };
  const stage = (name: string): StageView | undefined =>
    pipeline.stages.find(({ environment }) => environment === name);
  const detailed = (each: EnvironmentStatus): string =>
    [...releaseLines(each, page), ...standingLines(each, asked, page)].join('\n');
  if (full) {
    return environments.flatMap((each) => {
      const found = stage(each.environment);
      if (found === undefined) return detailed(each);
      // What is pending is told with the environment, host by host.
      const told = stageText(inLine, { ...found, pending: null }, page);
      return runsAsToldOf(each, found)
        ? [told, ...standingLines(each, asked, page)].join('\n')
        : [told, detailed(each)];
    });
  }
  const line = pipeline.stages.length === 0 ? [] : [stagesText(inLine, page)];
  const others = environments.filter(({ environment }) => stage(environment) === undefined);
  return [...line, ...others.map(detailed)];
}

function tailLines(view: StatusView, page: Page): string[] {
  const fleet = `${view.hosts.online} of ${plural(view.hosts.total, 'host')} online`;
  const from = [view.states.url, view.states.ref].map(harmless).join(' at ');
  return [
    ...wrap(`${fleet} · states from ${from} · Brine ${view.version}`, page.width).map(
      page.style.dim,
    ),
    ...(view.states.error === null
      ? []
      : wrap(`the states cannot be read: ${harmless(view.states.error)}`, page.width).map(
          page.style.bad,
        )),
  ];
}

/** All hosts run what the stage is to run, which has been said. */
const runsAsToldOf = ({ hosts }: EnvironmentStatus, { current }: StageView): boolean =>
  hosts.every(({ release }) => release === (current?.release ?? null));

function standingLines(environment: EnvironmentStatus, asked: AskedStatus, page: Page): string[] {
  const { last, current, pending } = environment;
  return [
    ...field('hosts', countWords(environment), page),
    ...(pending === null ? [] : pendingLines(environment, pending, page)),
    ...(current === null ? [] : field('now', nowWords(current, asked.now), page)),
    ...(last === null ? [] : field('last', lastWords(last, asked.now), page)),
    ...hostLines(environment, asked, page),
  ];
}

type HostStatus = EnvironmentStatus['hosts'][number];

/** After an apply for some hosts, or one that was stopped, no single release stands for all. */
function releaseLines(environment: EnvironmentStatus, page: Page): string[] {
  const releases = new Map<string, string[]>();
  for (const { host, release } of environment.hosts) {
    if (release === null) continue;
    releases.set(release, [...(releases.get(release) ?? []), harmless(host)]);
  }
  if (releases.size <= 1) {
    const images = field('images', imageWords(environment.images), page);
    return [heading(environment, page.width, page.style), ...images];
  }
  const runs = [...releases].map(([release, hosts]) => `${release} on ${listed(hosts, 4)}`);
  const title = page.style.bold(cut(harmless(environment.environment), page.width - 20));
  return [`${title} · several releases`, ...field('runs', runs.join('; '), page)];
}

/** Each host once: how it stands, as far as that is known now. */
function countWords({ hosts }: EnvironmentStatus): string {
  const count = (of: (host: HostStatus) => boolean): number => hosts.filter(of).length;
  const up = (host: HostStatus): boolean => host.online && host.dockerDownSince === undefined;
  const parts: readonly (readonly [number, string])[] = [
    [count((host) => up(host) && host.inSync && !host.behind), 'in sync'],
    [count((host) => up(host) && host.inSync && host.behind), 'behind the states'],
    [count((host) => up(host) && !host.inSync), 'not in sync'],
    [count((host) => host.online && !up(host)), 'with Docker down'],
    [count((host) => !host.online), 'offline'],
  ];
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `${plural(hosts.length, 'host')}${said.length === 0 ? '' : `: ${said.join(', ')}`}`;
}

const pendingLines = (environment: EnvironmentStatus, pending: PendingView, page: Page): string[] =>
  field('pending', { text: pendingWords(environment, pending), paint: page.style.warn }, page);

function pendingWords({ environment, last }: EnvironmentStatus, pending: PendingView): string {
  const name = harmless(environment);
  const hosts = listed(pending.hosts.map(harmless), 8);
  switch (pending.kind) {
    case 'removed':
      return `the states no longer have ${name}: what runs of it on ${hosts} goes with \`master apply ${name}\``;
    case 'invalid':
      return `what the states ask for cannot be applied: ${harmless(pending.problem ?? '')}`;
    case 'changed': {
      const images = pending.images.length === 0 ? '' : ` (${imageWords(pending.images)})`;
      const asked = `the states ask for ${commitWords(pending) || 'something else'}${images}`;
      const tried = last?.commit === pending.commit && last?.phase !== 'succeeded' ? last : null;
      const failed = tried === null ? '' : `, which ${tried.id} tried (${tried.phase})`;
      return `${asked}${failed}, on ${hosts}: see \`master plan ${name}\``;
    }
  }
}

const indent = 10;

function field(name: string, said: Cell | string, { width, style }: Page): string[] {
  const { text, paint = (line: string) => line } = typeof said === 'string' ? { text: said } : said;
  return wrap(text, width - indent).map((line, index) => {
    const label = (index === 0 ? name : '').padEnd(indent - 2);
    return `  ${style.dim(label)}${paint(line)}`;
  });
}

const nowWords = (rollout: RolloutView, now: number): string =>
  `${rollout.phase.replace('-', ' ')} for ${coarse(Math.max(0, Math.floor((now - rollout.startedAt) / 1_000)))} (${rollout.id}, by ${harmless(rollout.actor)})`;

function lastWords(rollout: RolloutView, now: number): string {
  const when = ago(rollout.endedAt ?? rollout.startedAt, now);
  const why = rollout.why === null ? '' : `: ${harmless(rollout.why)}`;
  const some = rollout.partial === true ? ', some hosts only' : '';
  const who = `${rollout.id}, ${harmless(rollout.cause)} by ${harmless(rollout.actor)}${some}`;
  return `${isOver(rollout.phase) ? rollout.phase : 'running'} ${when} (${who})${why}`;
}

const isKnown = ({ online, dockerDownSince }: HostStatus): boolean =>
  online && dockerDownSince === undefined;

/** Of a host that is away only what it said last is known. */
function syncCell(host: HostStatus, style: Style): Cell {
  const { inSync, behind } = host;
  const text = inSync ? (behind ? 'behind' : 'yes') : 'no';
  if (!isKnown(host)) return { text: `${text}, last known`, paint: style.warn };
  return { text, paint: text === 'yes' ? style.good : style.warn };
}

function hostLines(
  { hosts }: EnvironmentStatus,
  { full, now }: AskedStatus,
  { width, style }: Page,
): string[] {
  const shown = hosts.filter((host) => full || !isKnown(host) || !host.inSync || host.behind);
  if (shown.length === 0) return [];
  const rows = shown.map((host) => [
    harmless(host.host),
    presence(host, now, style),
    syncCell(host, style),
    harmless(host.release ?? 'none'),
    host.running.map((each) => runsWords(each, isKnown(host))).join(', '),
  ]);
  const head = ['HOST', 'STATE', 'IN SYNC', 'RELEASE', 'RUNS'];
  return ['', ...table({ head, rows, indent: '  ' }, width, style)];
}
