// One frame of the live view as lines: a header, the rows that fit, what was folded, a footer. Pure,
// so every frame can be tested; drawing it in place is the terminal's part.

import type { HostPhase } from '../../events.ts';
import type { Live } from '../live.ts';
import { isOver } from '../exit.ts';
import { heading } from './heading.ts';
import { batchOrder, rowsOf, type Kind, type Row } from './rows.ts';
import type { Style } from './style.ts';
import { cut, fit, harmless, plural, right, widthOf } from './text.ts';
import { clock, coarse } from './time.ts';

interface View {
  readonly width: number;
  /** Rows of the terminal; the frame is never taller. */
  readonly height: number;
  readonly now: number;
  readonly style: Style;
}

export function screen(live: Live, view: View): readonly string[] {
  const rows = rowsOf(live);
  const room = Math.max(1, view.height - 6);
  return [
    heading(live.rollout, view.width, view.style),
    stateLine(live, view),
    '',
    ...foldedRows(rows, room, view),
    ...footer(live, view),
  ];
}

function stateLine(live: Live, view: View): string {
  const { rollout } = live;
  const order = batchOrder(rollout);
  const started = rollout.hosts.filter((host) => !unswitched.has(host.phase));
  const reached = Math.max(0, ...started.map((host) => order.get(host.batch) ?? 0));
  const done = rollout.hosts.filter((host) => host.phase === 'done').length;
  const parts = [
    phaseWords[rollout.phase] ?? rollout.phase.replace('-', ' '),
    ...(rollout.phase === 'rolling-out' ? [`batch ${Math.max(1, reached)}/${order.size}`] : []),
    `${done} of ${plural(rollout.hosts.length, 'host')} done`,
    clock(view.now - rollout.startedAt),
  ];
  const line = cut(parts.join(' · '), view.width);
  return rollout.phase === 'rolling-back' ? view.style.bad(line) : line;
}

const unswitched: ReadonlySet<HostPhase> = new Set(['queued', 'pulling', 'pulled', 'offline']);

const phaseWords: Readonly<Record<string, string>> = {
  pulling: 'pulling the images',
  'rolling-out': 'rolling out',
  'rolling-back': 'rolling back',
};

/** Finished rows are summed up first; then those at the end that wait, then those at the end that work. */
function foldedRows(rows: readonly Row[], room: number, view: View): readonly string[] {
  const columns = columnsFor(rows, view.width);
  const draw = (row: Row): string => drawRow(row, columns, view);
  if (rows.length <= room) return rows.map(draw);
  const done = rows.filter((row) => row.kind === 'done');
  const rest = rows.filter((row) => row.kind !== 'done');
  const sum = done.length > 0 ? [view.style.good(`✓ ${done.length} done`)] : [];
  if (sum.length + rest.length <= room) return [...sum, ...rest.map(draw)];
  const ranked = (['failed', 'busy', 'waiting'] as const).flatMap((kind) => ofKind(rest, kind));
  const chosen = new Set(ranked.slice(0, Math.max(0, room - sum.length - 1)));
  const hidden = rest.filter((row) => !chosen.has(row));
  return [...sum, ...rest.filter((row) => chosen.has(row)).map(draw), more(hidden, view)];
}

const ofKind = (rows: readonly Row[], kind: Kind): readonly Row[] =>
  rows.filter((row) => row.kind === kind);

function more(hidden: readonly Row[], view: View): string {
  const counts = (['failed', 'busy', 'waiting'] as const)
    .map((kind) => [kind, ofKind(hidden, kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  return view.style.dim(cut(`… ${hidden.length} more: ${counts.join(', ')}`, view.width));
}

interface Columns {
  readonly host: number;
  readonly service: number;
  readonly detail: number;
}

const phaseColumns = 9;
const sinceColumns = 6;
// Wider, and the eye loses the row on its way to the clock.
const detailColumnsMax = 80;

function columnsFor(rows: readonly Row[], width: number): Columns {
  const longest = (of: (row: Row) => string, most: number): number =>
    Math.min(most, Math.max(0, ...rows.map((row) => widthOf(of(row)))));
  const roomy = width >= 120;
  const host = longest((row) => row.host, roomy ? 40 : 20);
  const service = longest((row) => row.service, roomy ? 30 : 14);
  const fixed = 2 + host + (service > 0 ? 2 + service : 0) + 2 + phaseColumns + 2 + sinceColumns;
  return { host, service, detail: Math.max(0, Math.min(width - fixed - 2, detailColumnsMax)) };
}

function drawRow(row: Row, columns: Columns, view: View): string {
  const { style } = view;
  const since = row.kind === 'done' ? '' : clock(view.now - row.since);
  const paint = { busy: style.busy, waiting: style.dim, done: style.good, failed: style.bad };
  const cells = [
    fit(row.host, columns.host),
    ...(columns.service > 0 ? [fit(row.service, columns.service)] : []),
    paint[row.kind](fit(row.phase, phaseColumns)),
    fit(row.detail, columns.detail),
    style.dim(right(since, sinceColumns)),
  ];
  return cutTo(`${paint[row.kind](signs[row.kind])} ${cells.join('  ')}`, row, view.width);
}

const signs: Readonly<Record<Kind, string>> = { busy: '●', waiting: '·', done: '✓', failed: '✗' };

/** Narrower than the columns need at least: what matters most, without colours. */
const cutTo = (line: string, row: Row, width: number): string =>
  widthOf(line) <= width
    ? line.trimEnd()
    : cut(`${signs[row.kind]} ${row.host} ${row.service} ${row.phase}`, width);

function footer(live: Live, view: View): readonly string[] {
  const { rollout, lostSince } = live;
  if (lostSince !== null) {
    const seconds = Math.max(0, Math.floor((view.now - lostSince) / 1_000));
    const text = `the master does not answer since ${coarse(seconds)}; the work goes on, trying again`;
    return ['', view.style.warn(cut(text, view.width))];
  }
  if (isOver(rollout.phase)) return [''];
  const follow = `master watch ${harmless(rollout.environment)}`;
  return [
    '',
    view.style.dim(cut(`Ctrl-C leaves it running; \`${follow}\` follows it`, view.width)),
  ];
}
