import { describe, expect, it } from 'vitest';
import { startLive, withItem } from '../../../master/cli/live.ts';
import { workLines } from '../../../master/cli/render/lines.ts';
import { rowsOf } from '../../../master/cli/render/rows.ts';
import { WorkBook } from '../../../master/rollout/work.ts';
import { at, host, hostEvent, progress, rollout } from '../cli/samples.ts';

const waiting = (seconds: number, detail: string) =>
  progress(seconds, 'web-1', 'waiting', detail).progress;

describe('who comes late to a rollout', () => {
  const book = new WorkBook();
  book.take('r12', 'web-1', waiting(2, 'GET /up → 503'), at + 2_000);
  book.take('r12', 'web-1', waiting(5, 'GET /up → 500'), at + 5_000);
  const going = rollout('rolling-out', [host('web-1', 'switching', { since: at + 1_000 })]);

  it('sees what a host waits for, and since when', () => {
    const shown = book.shown(going);
    const step = { service: 'api', phase: 'waiting', detail: 'GET /up → 500', since: at + 2_000 };
    expect(shown.hosts[0]?.work).toEqual([step]);
    expect(rowsOf(startLive(shown))).toMatchObject([{ kind: 'busy', ...step }]);
    expect(workLines(startLive(shown), at + 6_000)).toEqual([
      'now: web-1 api waiting, GET /up → 500 (for 4 s)',
    ]);
  });

  it('keeps that when all that was before is told again', () => {
    const told = [hostEvent(0, 'web-1', 'pulling'), hostEvent(1, 'web-1', 'switching')];
    const live = told.reduce(withItem, startLive(book.shown(going)));
    expect(rowsOf(live)).toMatchObject([{ phase: 'waiting', detail: 'GET /up → 500' }]);
    const next = withItem(live, hostEvent(9, 'web-1', 'reverting'));
    expect(rowsOf(next)).toMatchObject([{ phase: 'reverting' }]);
  });

  it('sees nothing of a phase that is over, of another rollout, or of one that has ended', () => {
    const later = rollout('rolling-out', [host('web-1', 'reverting', { since: at + 9_000 })]);
    expect(book.shown(later).hosts[0]?.work).toBeUndefined();
    expect(book.shown({ ...going, id: 'r13' }).hosts[0]?.work).toBeUndefined();
    expect(book.shown({ ...going, endedAt: at }).hosts[0]?.work).toBeUndefined();
  });
});
