// Events as single lines, for a pipe, a log file, or `master events`.

import type { BrineEvent, StreamItem } from '../../events.ts';
import type { Live } from '../live.ts';
import { rowsOf } from './rows.ts';
import type { Style } from './style.ts';
import { fit, harmless } from './text.ts';
import { dateAndTime, duration, timeOfDay } from './time.ts';

/** One transition of a followed rollout; undefined for what is not one. */
export function transitionLine(item: StreamItem, style: Style): string | undefined {
  if (item.kind !== 'rollout' && item.kind !== 'host') return undefined;
  const who = item.kind === 'host' ? (item.host ?? '') : (item.environment ?? '');
  const phase = paintPhase(item.phase, style);
  return `${timeOfDay(item.at)}  ${fit(harmless(who), 16)}  ${phase}  ${harmless(item.message)}`;
}

/** What hosts do at this moment, and for how long, for who joins late; the transitions so far follow. */
export const workLines = (live: Live, now: number): string[] =>
  rowsOf(live).flatMap(({ host, service, phase, detail, since, kind }) => {
    if (kind !== 'busy' || (live.work.get(host)?.size ?? 0) === 0) return [];
    const what = [host, service, phase].filter((word) => word !== '').join(' ');
    return `now: ${what}${detail === '' ? '' : `, ${detail}`} (for ${duration(now - since)})`;
  });

/** One line of `master events`; of what a test says, one for each of its lines. */
export function eventLine(item: StreamItem, style: Style): string {
  const when = style.dim(dateAndTime(item.at));
  if (item.kind === 'progress') {
    const { service, phase, detail } = item.progress;
    const where = [item.environment, item.host, service ?? ''].filter((part) => part !== '');
    return `${when}  ${fit(phase, 12)}  ${harmless(`${where.join(' ')}: ${detail}`)}`;
  }
  if (item.kind === 'output') {
    const where = `${item.environment} ${item.host} ${item.test}`;
    const said = item.lines.map((line) => harmless(`${where}: ${line}`));
    return said.map((line) => `${when}  ${fit('test', 12)}  ${line}`).join('\n');
  }
  const who = item.actor === 'master' ? '' : style.dim(` (${harmless(item.actor)})`);
  return `${when}  ${style.bold(fit(word(item), 12))}  ${place(item)}${harmless(item.message)}${who}`;
}

function word(event: BrineEvent): string {
  switch (event.kind) {
    case 'rollout':
    case 'host':
    case 'promotion':
      return event.phase;
    case 'fleet':
    case 'token':
    case 'stage':
    case 'freeze':
      return event.what;
    case 'test':
      return event.verdict;
    case 'drift':
    case 'release':
      return event.kind;
    // A master that is newer may tell of more.
    default:
      return (event as BrineEvent).kind;
  }
}

function place(event: BrineEvent): string {
  const parts = [event.environment, event.rollout, event.host].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `${harmless(parts.join(' '))}: `;
}

function paintPhase(phase: string, style: Style): string {
  const text = fit(phase, 15);
  if (['done', 'succeeded'].includes(phase)) return style.good(text);
  const bad = ['failed', 'down', 'rolling-back', 'rollback-failed', 'rolled-back', 'errored'];
  return bad.includes(phase) ? style.bad(text) : style.busy(text);
}
