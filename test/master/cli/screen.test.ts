import { describe, expect, it } from 'vitest';
import { startLive, withItem, type Live } from '../../../master/cli/live.ts';
import { screen } from '../../../master/cli/render/screen.ts';
import { coloured, plain } from '../../../master/cli/render/style.ts';
import { widthOf } from '../../../master/cli/render/text.ts';
import type { StreamItem } from '../../../master/events.ts';
import {
  at,
  changes,
  failure,
  host,
  hostEvent,
  plan,
  progress,
  rollout,
  rolloutEvent,
} from './samples.ts';

const three = [
  host('web-1', 'queued'),
  host('web-2', 'queued', { batch: 2 }),
  host('web-3', 'queued', { batch: 3 }),
];
const planned = plan([changes('web-1'), changes('web-2'), changes('web-3')]);
const start = startLive(rollout('pulling', three), planned);

const after = (live: Live, ...items: readonly StreamItem[]): Live => items.reduce(withItem, live);
const frame = (live: Live, width = 80, seconds = 12, height = 24): string =>
  screen(live, { width, height, now: at + seconds * 1_000, style: plain }).join('\n');

const halfway = after(
  start,
  hostEvent(1, 'web-1', 'pulled'),
  rolloutEvent(2, 'rolling-out'),
  hostEvent(2, 'web-1', 'switching'),
  hostEvent(3, 'web-2', 'pulled'),
  hostEvent(3, 'web-3', 'pulled'),
  hostEvent(4, 'web-1', 'done', { gapMs: 640 }),
  hostEvent(5, 'web-2', 'switching'),
  progress(9, 'web-2', 'checking', 'GET /up → 503'),
);

describe('a frame of the live view', () => {
  it('tells at 80 columns what each host waits for and since when', () => {
    expect(frame(halfway)).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
rolling out · batch 2/3 · 1 of 3 hosts done · 0:12

✓ web-1  api  done       gap 640 ms
● web-2  api  checking   GET /up → 503                                      0:03
· web-3  api  pulled     waits for batch 3                                  0:09

Ctrl-C leaves it running; \`master watch beta\` follows it`,
    );
  });

  it('spends 200 columns on names and details, not on emptiness', () => {
    const id = 'web-1.fra.very-long-datacenter-name.example.com';
    const detail = `GET http://10.213.1.11:18080/up → 503 "${'x'.repeat(120)}"`;
    const live = after(
      startLive(rollout('rolling-out', [host(id, 'switching')]), plan([changes(id)])),
      progress(2, id, 'checking', detail),
    );
    expect(frame(live, 200)).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
rolling out · batch 1/1 · 0 of 1 host done · 0:12

● web-1.fra.very-long-datacenter-name.exa…  api  checking   ${detail.slice(0, 79)}…    0:10

Ctrl-C leaves it running; \`master watch beta\` follows it`,
    );
  });

  it('waits for all pulls before the first batch', () => {
    const live = after(start, hostEvent(1, 'web-1', 'pulling'), hostEvent(2, 'web-1', 'pulled'));
    expect(frame(live).split('\n').slice(1, 6)).toEqual([
      'pulling the images · 0 of 3 hosts done · 0:12',
      '',
      "· web-1  api  pulled     waits for the others' pulls                        0:10",
      '· web-2  api  queued     waits to pull                                      0:12',
      '· web-3  api  queued     waits to pull                                      0:12',
    ]);
  });

  it('says why a host failed, and that the rest goes back', () => {
    const live = after(
      halfway,
      hostEvent(10, 'web-2', 'failed', { failures: [failure] }),
      rolloutEvent(10, 'rolling-back', 'web-2 failed'),
      hostEvent(11, 'web-1', 'reverting'),
    );
    expect(frame(live).split('\n').slice(1, 6)).toEqual([
      'rolling back · 0 of 3 hosts done · 0:12',
      '',
      '● web-1  api  reverting                                                     0:01',
      '✗ web-2  api  failed     api was healthy for 3 s, then its probe failed…    0:02',
      '· web-3  api  pulled     keeps what it runs                                 0:09',
    ]);
  });

  it('says in place of the footer that the master is away', () => {
    expect(
      frame({ ...halfway, lostSince: at + 8_000 })
        .split('\n')
        .at(-1),
    ).toBe('the master does not answer since 4 s; the work goes on, trying again');
  });

  it('keeps a row in its place when a service turns up, and one line per service', () => {
    const bare = startLive(rollout('rolling-out', [host('web-1', 'switching', { running: [] })]));
    expect(frame(bare)).toContain('● web-1  switching ');
    const known = after(bare, progress(2, 'web-1', 'starting', 'starfall-beta-api-1'));
    expect(frame(known)).toContain('● web-1  api  starting   starfall-beta-api-1');
  });

  it('lets a host that came back join as a row of its own', () => {
    expect(frame(after(halfway, hostEvent(6, 'web-9', 'pulling')))).toContain(
      '● web-9       pulling',
    );
  });

  it('takes nothing from other rollouts', () => {
    const foreign: StreamItem = { ...hostEvent(6, 'web-3', 'failed'), rollout: 'r13' };
    const step: StreamItem = { ...progress(6, 'web-2', 'starting', 'x'), rollout: 'r13' };
    expect(after(halfway, foreign, step)).toBe(halfway);
  });

  it('makes what comes from outside harmless', () => {
    const live = after(halfway, progress(10, 'web-2', 'checking', 'a\u001b[2J\rb'));
    expect(frame(live)).toContain('a␛[2J␍b');
  });
});

describe('more hosts than the screen has rows', () => {
  const crowd = Array.from({ length: 60 }, (_, n) => {
    const phase = n < 30 ? 'done' : n < 33 ? 'switching' : n === 33 ? 'failed' : 'queued';
    return host(`web-${String(n).padStart(2, '0')}`, phase, { batch: n });
  });
  const live = startLive(rollout('rolling-out', crowd));

  it('sums up the finished ones and those that wait', () => {
    const lines = frame(live, 80, 12, 16).split('\n');
    expect(lines.slice(3, 13).map((line) => line.slice(0, 30).trimEnd())).toEqual([
      '✓ 30 done',
      '● web-30  api  switching',
      '● web-31  api  switching',
      '● web-32  api  switching',
      '✗ web-33  api  failed',
      '· web-34  api  queued     wait',
      '· web-35  api  queued     wait',
      '· web-36  api  queued     wait',
      '· web-37  api  queued     wait',
      '… 22 more: 22 waiting',
    ]);
    expect(lines).toHaveLength(15);
  });

  it('is never taller or wider than the terminal', () => {
    for (const height of [8, 10, 24, 100]) {
      for (const width of [20, 40, 80, 200]) {
        const lines = screen(live, { width, height, now: at, style: coloured });
        expect(lines.length).toBeLessThan(height);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      }
    }
  });
});
