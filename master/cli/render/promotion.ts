// Promotions, their tests and what a stage waits for, in the words that every screen uses.

import type { ExplainView, PromotionView, TestView } from '../../api/pipeline-contract.ts';
import type { StreamItem } from '../../events.ts';
import { isFinal } from '../../pipeline/record.ts';
import type { Page } from './plan.ts';
import type { Style } from './style.ts';
import { table, type Cell } from './table.ts';
import { cut, fit, harmless, plural, wrap } from './text.ts';
import { ago, coarse, duration, momentOf, timeOfDay } from './time.ts';

export const phaseWords = (phase: string): string => harmless(phase.replaceAll('-', ' '));

/** Green when it went well, red when it did not, and what goes on in between. */
function phaseCell({ phase, exit }: Pick<PromotionView, 'phase' | 'exit'>, style: Style): Cell {
  const text = phaseWords(phase);
  if (exit === 0) return { text, paint: style.good };
  if (phase === 'pending' || phase === 'blocked' || phase === 'superseded') {
    return { text, paint: style.warn };
  }
  const bad = isFinal(phase) || phase === 'errored' || phase === 'paused';
  return { text, paint: bad ? style.bad : style.busy };
}

/** `08:50 UTC, in 4 m`; empty where that is not known or is over. */
function momentWords(at: number | null, now: number): string {
  if (at === null || at <= now) return '';
  return `${momentOf(at, now)}, in ${coarse(Math.ceil((at - now) / 1_000))}`;
}

export function untilWords(until: number | null, now: number): string {
  const moment = momentWords(until, now);
  return moment === '' ? '' : `until ${moment}`;
}

/** The first condition that is not met, on one line. */
export function conditionWords({ reason, until, state }: ExplainView, now: number): string {
  const when = state === 'under-way' ? '' : untilWords(until, now);
  return harmless(reason) + (when === '' ? '' : ` (${when})`);
}

const stateWords = { 'under-way': 'is under way', waiting: 'waits', idle: 'is idle' } as const;

export function explainText(view: ExplainView, now: number, { width, style }: Page): string {
  const moment = momentWords(view.until, now);
  const latest = view.state === 'under-way' && moment !== '' ? `at the latest ${moment}` : moment;
  const facts = [
    ['release', view.release],
    ['promotion', view.promotion],
    ['ends', latest === '' ? null : latest],
  ] as const;
  const title = `${harmless(view.environment)} ${stateWords[view.state]}`;
  return [
    style.bold(cut(title, width)),
    ...wrap(harmless(view.reason), width - 2).map((line) => `  ${line}`),
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${style.dim(name.padEnd(10))} ${cut(harmless(value), width - 13)}`],
    ),
  ].join('\n');
}

/** `✓ integration  passed on web-1  14 tests, 3.2 s`. */
export function testLines(test: TestView, { width, style }: Page): string[] {
  const { verdict, evidence } = test;
  const sign =
    verdict === null ? '·' : verdict === 'passed' ? '✓' : verdict === 'failed' ? '✗' : '!';
  const paint = {
    passed: style.good,
    failed: style.bad,
    errored: style.bad,
    inconclusive: style.warn,
  };
  const host = evidence?.host ?? null;
  const word = `${verdict ?? 'not yet run'}${host === null ? '' : ` on ${host}`}`;
  const facts = evidence === null ? '' : `  ${harmless(evidenceWords(evidence))}`;
  const title = cut(`${harmless(`${test.test}  ${word}`)}${facts}`, width - 2);
  const head = verdict === null ? sign : paint[verdict](sign);
  const detail = evidence === null || evidence.detail === '' ? [] : [harmless(evidence.detail)];
  return [
    `${head} ${title}`,
    ...detail.flatMap((text) => wrap(text, width - 2)).map((line) => `  ${line}`),
  ];
}

function evidenceWords({
  counts,
  durationMs,
  exitCode,
}: NonNullable<TestView['evidence']>): string {
  return [
    ...(counts === null ? [] : [plural(counts.tests, 'test')]),
    ...(counts === null || counts.failures === 0 ? [] : [`${counts.failures} failed`]),
    ...(counts === null || counts.skipped === 0 ? [] : [`${counts.skipped} skipped`]),
    ...(exitCode === null || exitCode === 0 ? [] : [`exit code ${exitCode}`]),
    duration(durationMs),
  ].join(', ');
}

export interface Promoted {
  readonly promotions: readonly PromotionView[];
  /** Release → the commit that it was built from, as far as that is known. */
  readonly commits: ReadonlyMap<string, string>;
}

/** The promotions of an environment, newest first, with what each release was built from. */
export function promotionsLines(
  { promotions, commits }: Promoted,
  now: number,
  page: Page,
): string[] {
  const wide = page.width >= 100;
  const rows = promotions.map((each) => [
    each.id,
    ago(each.createdAt, now),
    phaseCell(each, page.style),
    harmless(each.kind),
    harmless(each.release),
    ...(wide ? [harmless(commits.get(each.release)?.slice(0, 7) ?? '')] : []),
    harmless(each.actor),
    harmless(each.force?.why ?? each.reason ?? each.back?.why ?? ''),
  ]);
  const head = ['PROMOTION', 'WHEN', 'RESULT', 'KIND', 'RELEASE'];
  head.push(...(wide ? ['COMMIT'] : []), 'WHO', 'WHY');
  return table({ head, rows }, page.width, page.style);
}

/** How a followed promotion stands when it is followed no more. */
export function outcomeText(promotion: PromotionView, now: number, page: Page): string {
  const { style, width } = page;
  const { id, environment, release, phase, reason, tests, back } = promotion;
  const good = promotion.exit === 0;
  const sign = good ? style.good('✓') : isFinal(phase) ? style.bad('✗') : style.warn('!');
  const end = promotion.endedAt ?? now;
  const title = `${environment}: ${release} ${phase === 'succeeded' ? 'is verified' : phaseWords(phase)}`;
  const facts = `${id} · ${promotion.kind} by ${promotion.actor} · after ${duration(end - promotion.createdAt)}`;
  const given = promotion.until === promotion.expiresAt ? null : promotion.until;
  const until = untilWords(given, now);
  const waits = isFinal(phase) || until === '' ? [] : [until];
  const returned = back === null ? [] : [`back to ${back.release}: ${back.why}`];
  const words = [...(reason === null ? [] : [reason]), ...returned, ...waits];
  const detail = tests.filter(({ verdict }) => !good || verdict !== 'passed');
  return [
    `${sign} ${style.bold(cut(harmless(title), width - 2))}`,
    ...words.flatMap((text) => wrap(harmless(text), width - 2)).map((line) => `  ${line}`),
    `  ${style.dim(cut(harmless(facts), width - 2))}`,
    ...detail.flatMap((test) =>
      testLines(test, { style, width: width - 2 }).map((line) => `  ${line}`),
    ),
    ...nextSteps(promotion).map((line) => cut(`  ${line}`, width)),
  ].join('\n');
}

function nextSteps({ environment, exit, phase, release, tests }: PromotionView): string[] {
  const name = harmless(environment);
  if (phase === 'blocked' || phase === 'pending') return [`see: master explain ${name}`];
  if (phase === 'paused')
    return [`go on with: master retry ${name}, or end it: master abort ${name}`];
  if (exit === 0 || phase === 'superseded') return [];
  const evidence = tests.some(({ verdict }) => verdict !== null && verdict !== 'passed');
  return [
    ...(evidence ? [`its evidence: master release show ${harmless(release)}`] : []),
    `try it again with: master retry ${name}`,
  ];
}

/** One line of a followed promotion; undefined for what does not belong to it. */
export function followedLine(
  item: StreamItem,
  promotion: string,
  style: Style,
): string | undefined {
  if (item.kind === 'output') {
    if (item.promotion !== promotion) return undefined;
    const where = fit(harmless(item.host), 16);
    const said = item.lines.map(
      (line) => `${timeOfDay(item.at)}  ${where}  ${style.dim('│')} ${harmless(line)}`,
    );
    return said.length === 0 ? undefined : said.join('\n');
  }
  const shown = phaseOf(item, promotion);
  if (shown === undefined || item.kind === 'progress') return undefined;
  const who = item.host ?? item.environment ?? '';
  const paint = toneOf(shown, style);
  return `${timeOfDay(item.at)}  ${fit(harmless(who), 16)}  ${paint(fit(shown, 15))}  ${harmless(item.message)}`;
}

function phaseOf(item: StreamItem, promotion: string): string | undefined {
  if (item.kind === 'promotion') return item.promotion === promotion ? item.phase : undefined;
  if (item.kind === 'test') return item.promotion === promotion ? item.verdict : undefined;
  return item.kind === 'rollout' || item.kind === 'host' ? item.phase : undefined;
}

function toneOf(phase: string, style: Style): (text: string) => string {
  if (['done', 'succeeded', 'passed'].includes(phase)) return style.good;
  const bad = ['failed', 'down', 'rolling-back', 'rollback-failed', 'rolled-back', 'errored'];
  return bad.includes(phase) ? style.bad : style.busy;
}
