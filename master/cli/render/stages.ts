// The whole line on one screen: every stage with what runs there, how far it is and since when, and
// before each the first condition that is not met. A table where it fits, else blocks of lines.

import type { EnvironmentStatus } from '../../api/contract.ts';
import type {
  FreezeView,
  PipelineView,
  PromotionView,
  StageView,
} from '../../api/pipeline-contract.ts';
import { commitWords, heading, imageWords } from './heading.ts';
import type { Page } from './plan.ts';
import { conditionWords, phaseWords, untilWords } from './promotion.ts';
import { table, type Cell } from './table.ts';
import { cut, harmless, listed, plural, wrap } from './text.ts';
import { ago } from './time.ts';

export interface AskedStages {
  readonly pipeline: PipelineView;
  /** Of each stage: who of its hosts is away or behind. */
  readonly environments: readonly EnvironmentStatus[];
  readonly now: number;
}

const tableWidthMin = 120;

export function stagesText(asked: AskedStages, page: Page): string {
  const { pipeline, now } = asked;
  const { stages } = pipeline;
  const drawn = page.width < tableWidthMin ? blocks(stages, now, page) : rows(stages, now, page);
  const [head, bodies] = drawn;
  return [
    ...pipeline.freezes.flatMap((freeze) => freezeLines(freeze, now, page)),
    ...head,
    ...stages.flatMap((stage, index) => [
      ...between(stage, stages[index - 1], now, page),
      ...(bodies[index] ?? []),
      ...notes(stage, asked, page),
    ]),
    ...arrivalLines(pipeline, now, page),
  ].join('\n');
}

/** One stage by itself, for who asks for one environment. */
export function stageText(asked: AskedStages, stage: StageView, page: Page): string {
  const [, bodies] = blocks([stage], asked.now, page);
  const next = wrap(conditionWords(stage.next, asked.now), page.width - 4).map((line, index) =>
    page.style.dim(`${index === 0 ? '  →' : '   '} ${line}`),
  );
  return [...(bodies[0] ?? []), ...notes(stage, asked, page), ...next].join('\n');
}

type Drawn = readonly [head: readonly string[], bodies: readonly (readonly string[])[]];

function rows(stages: readonly StageView[], now: number, page: Page): Drawn {
  const cells = stages.map((stage) => {
    const { current } = stage;
    return [
      { text: harmless(stage.environment), paint: page.style.bold },
      harmless(current?.release ?? 'nothing yet'),
      imageWords(current?.images ?? []),
      current === null ? '' : commitWords(current),
      phase(stage, page),
      sinceWords(stage, now),
    ];
  });
  const head = ['STAGE', 'RELEASE', 'VERSIONS', 'COMMIT', 'PHASE', 'SINCE'];
  const [title = '', ...lines] = table({ head, rows: cells }, page.width, page.style);
  return [[title], lines.map((line) => [line])];
}

function blocks(stages: readonly StageView[], now: number, page: Page): Drawn {
  const { width, style } = page;
  const bodies = stages.map((stage) => {
    const { current, environment } = stage;
    const named = {
      environment,
      release: current?.release ?? null,
      commit: current?.commit ?? null,
      subject: current?.subject ?? null,
    };
    const { text, paint } = phase(stage, page);
    const since = sinceWords(stage, now);
    const images = current === null ? [] : wrap(imageWords(current.images), width - 2);
    const shown = cut(text, Math.max(0, width - 4 - since.length));
    return [
      heading(named, width, style),
      ...images.map((line) => `  ${line}`),
      `  ${paint?.(shown) ?? shown}${since === '' ? '' : `, ${since}`}`,
    ];
  });
  return [[], bodies];
}

/** With a sign: a colour never says it alone. */
function phase(stage: StageView, { style }: Page): Cell {
  const { active, stopped, current, last } = stage;
  if (active !== null) {
    const waits = active.phase === 'errored' || active.phase === 'paused';
    const aim = active.back?.release ?? active.release;
    const text = `${waits ? '!' : '●'} ${phaseWords(active.phase)} ${harmless(aim)} (${active.id})`;
    return { text, paint: waits ? style.bad : style.busy };
  }
  if (stopped !== null) return { text: '✗ stopped', paint: style.bad };
  if (last !== null && endedBadly(last))
    return { text: `✗ ${phaseWords(last.phase)} (${last.id})`, paint: style.bad };
  if (current === null) return { text: '· empty' };
  if (current.verified) return { text: '✓ verified', paint: style.good };
  return { text: '! not verified', paint: style.warn };
}

/** Going back because a person wanted to is no failure. */
const endedBadly = ({ phase, kind }: PromotionView): boolean =>
  phase !== 'succeeded' &&
  phase !== 'superseded' &&
  !(phase === 'rolled-back' && kind === 'rollback');

const sinceWords = ({ since, current }: StageView, now: number): string => {
  const at = since ?? current?.since;
  return at === undefined ? '' : ago(at, now);
};

/** What a stage waits for. Nothing new before the first one is no news. */
function between(
  stage: StageView,
  before: StageView | undefined,
  now: number,
  { width, style }: Page,
): string[] {
  if (before === undefined && stage.next.release === null && stage.next.state === 'idle') return [];
  const { after, next } = stage;
  const straight = after.length === 0 || (after.length === 1 && after[0] === before?.environment);
  const from = straight ? '' : `after ${after.map(harmless).join(', ')}: `;
  // The screen says it beside that stage; one line each is enough.
  const text = [before, stage]
    .flatMap((each) => lossOf(each)?.reason ?? [])
    .reduce(
      (words, reason) => words.replace(`: ${harmless(reason)}`, ''),
      `${from}${conditionWords(next, now)}`,
    );
  const paint = next.state === 'under-way' ? style.busy : style.dim;
  return wrap(text, width - 4).map((line, index) =>
    paint(`${index === 0 ? '  ↓' : '   '} ${line}`),
  );
}

/** What ended badly there last, while nothing is tried again. */
function lossOf(stage: StageView | undefined): PromotionView | undefined {
  const last = stage?.active === null ? stage.last : null;
  return last !== null && endedBadly(last) ? last : undefined;
}

/** What a person should know of a stage beside that. */
function notes(stage: StageView, { environments, now }: AskedStages, page: Page): string[] {
  const { hold, stopped, quarantined, pending } = stage;
  const held =
    hold === null
      ? []
      : [`held by ${hold.actor}: ${hold.why}${inBrackets(untilWords(hold.until, now))}`];
  const { id, release, reason: lost = null } = lossOf(stage) ?? {};
  const bad = quarantined.map(({ release }) => release);
  const words = [
    ...held,
    ...(stopped === null
      ? []
      : [`stopped until \`master resume ${stage.environment}\`: ${stopped.reason}`]),
    ...(lost === null ? [] : [`${id} with ${release}: ${lost}`]),
    ...(bad.length === 0 ? [] : [`not tried here again: ${listed(bad, 4)}`]),
    ...(pending === null ? [] : [`pending: ${pending}`]),
    ...hostNotes(environments.find(({ environment }) => environment === stage.environment)),
  ];
  return words.flatMap((text) =>
    wrap(harmless(text), page.width - 4).map((line, index) =>
      page.style.warn(`${index === 0 ? '  !' : '   '} ${line}`),
    ),
  );
}

function hostNotes(environment: EnvironmentStatus | undefined): string[] {
  if (environment === undefined) return [];
  const away = environment.hosts.filter(({ online }) => !online).map(({ host }) => host);
  const down = environment.hosts
    .filter(({ online, dockerDownSince }) => online && dockerDownSince !== undefined)
    .map(({ host }) => host);
  const behind = environment.hosts.filter(
    ({ host, online, inSync }) => online && !inSync && !down.includes(host),
  );
  // While something goes on, hosts that are not there yet are what is to be expected.
  const late = environment.current === null ? behind.map(({ host }) => host) : [];
  const of = plural(environment.hosts.length, 'host');
  return [
    ...(away.length === 0 ? [] : [`${away.length} of ${of} offline: ${listed(away, 6)}`]),
    ...(down.length === 0 ? [] : [`Docker is down on ${down.length} of ${of}: ${listed(down, 6)}`]),
    ...(late.length === 0 ? [] : [`${late.length} of ${of} not in sync: ${listed(late, 6)}`]),
  ];
}

function freezeLines(freeze: FreezeView, now: number, { width, style }: Page): string[] {
  const { id, environments, actor, message, until } = freeze;
  const what = environments.length === 0 ? 'everything' : environments.join(', ');
  const text = `frozen: ${what}, by ${actor}: ${message}${inBrackets(untilWords(until, now))} [${id}]`;
  return wrap(harmless(text), width - 2).map((line, index) =>
    style.warn(`${index === 0 ? '!' : ' '} ${line}`),
  );
}

function arrivalLines({ arrivals }: PipelineView, now: number, { width, style }: Page): string[] {
  if (arrivals.length === 0) return [];
  const each = arrivals.map(({ name, tag, at }) => `${name} ${tag} (${ago(at, now)})`);
  const text = `arrived, and wait for the rest of their release: ${each.join(', ')}`;
  return ['', ...wrap(harmless(text), width).map(style.dim)];
}

const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);
