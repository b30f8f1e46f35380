// What the command line says, to the letter.
// Long because the texts stand here whole.

import { describe, expect, it } from 'vitest';
import { noopExit, planExit, rolloutExit } from '../../../master/cli/exit.ts';
import { AnsweredFault, toProblem } from '../../../master/cli/problem.ts';
import { errorText } from '../../../master/cli/render/error.ts';
import { eventLine, transitionLine } from '../../../master/cli/render/lines.ts';
import { planText, type Page } from '../../../master/cli/render/plan.ts';
import { resultText } from '../../../master/cli/render/result.ts';
import { coloured, plain } from '../../../master/cli/render/style.ts';
import { widthOf } from '../../../master/cli/render/text.ts';
import { fault } from '../../../states/faults.ts';
import * as sample from './samples.ts';

const page = (width: number): Page => ({ width, style: plain });
const { at, changes, failure, host, inSync, offline, plan, rollout } = sample;

describe('plan', () => {
  const mixed = plan([changes('web-1'), changes('web-2'), inSync('web-3'), offline('web-4')]);

  it('tells at 80 columns every step with its reason, and hosts alike only once', () => {
    expect(planText(mixed, page(80))).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size

~ web-1, web-2  5 steps
    api  changes
      ~ image            api 1.41.0 (00aa11bb22cc) → api 1.42.0 (2b1c9f002b1c)
      ~ env LOG_LEVEL    info → debug
      ~ env DB_PASSWORD  •••• → •••• (changed)
      + limits.memory    512m
      - user             app
    ↓ pull      api 1.42.0 sha256:2b1c9f002b1c — not on this host
    + create    starfall-beta-api-1-ab12cd34
                — the image changes from 1.41.0 to 1.42.0
    - stop      starfall-beta-api-1-00aa11bb, within 30 s
                — it holds host port 18080
    ▸ start     starfall-beta-api-1-ab12cd34 — it takes its place
    ? healthy   api http :8080/up for 10 s — the gate
    api: the old one stops first, without an answer for at least 640 ms, and
    what the new one needs to start

✓ web-3  in sync

– web-4  offline, its plan is not known

In 2 batches: web-1 → web-2
Plan: 2 hosts to change, 1 in sync, 1 offline; predicted gap at least 640 ms,
and what the new one needs to start.`,
    );
  });

  it('needs fewer lines at 200', () => {
    const lines = planText(mixed, page(200)).split('\n');
    expect(lines).toContain(
      '    + create    starfall-beta-api-1-ab12cd34 — the image changes from 1.41.0 to 1.42.0',
    );
    expect(lines).toHaveLength(22);
  });

  it('says that there is nothing to do', () => {
    expect(planText(plan([inSync('web-1'), inSync('web-2')]), page(80))).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size

✓ web-1, web-2  in sync

Nothing to do: 2 hosts run release 7f3a9c2d already.`,
    );
  });

  it('never claims to be in sync for a host that was not asked', () => {
    const text = planText(plan([inSync('web-1'), offline('web-2')]), page(80));
    expect(text.split('\n').at(-1)).toBe(
      'Nothing to do on the hosts that answered: 1 in sync, 1 offline.',
    );
  });

  it('tells no env value that stands only in the spec of a step', () => {
    const spec = { ...sample.spec, env: { DB_PASSWORD: 'hunter2' } };
    const step = { do: 'create', container: 'c', spec, reason: 'new' } as const;
    const text = planText(plan([{ ...changes('web-1'), steps: [step] }]), page(80));
    expect(text).not.toContain('hunter2');
  });

  it('tells a gap as the hosts measured it, and those alike together all the same', () => {
    const measured = (host: string, gapMs: number) => ({
      ...changes(host),
      switches: [
        { ...{ service: 'api', slot: 1, order: 'stop-first' as const }, gapMs, measured: true },
      ],
    });
    const text = planText(plan([measured('web-1', 910), measured('web-2', 1_240)]), page(200));
    expect(text).toContain('~ web-1, web-2  5 steps');
    expect(text).toContain('without an answer for about 1.2 s, as last time');
    expect(text.split('\n').at(-1)).toBe(
      'Plan: 2 hosts to change; predicted gap about 1.2 s, as last time.',
    );
  });

  it('says what it cannot know of an old container, and that one is made again as it was', () => {
    const [known] = changes('web-1').changes;
    if (known === undefined) throw new Error('no change');
    const strange = { ...changes('web-1'), changes: [{ ...known, known: false }] };
    expect(planText(plan([strange]), page(80))).toContain(
      'what else its container was made with is not known here',
    );
    const again = { ...known, kind: 'again' as const, differences: [] };
    const text = planText(plan([{ ...changes('web-1'), changes: [again] }]), page(80));
    expect(text).toContain('    api  is the same as before, and made or started once more\n');
  });

  it('says of an environment that git no longer has that all of it goes', () => {
    const text = planText({ ...plan([changes('web-1')]), removes: true }, page(80));
    expect(text.split('\n')[0]).toBe('beta · nothing any more · 3e1f0ab Raise the pool size');
    expect(text.split('\n').at(-1)).toBe('Plan: remove all of it from 1 host.');
    const gone = rollout('succeeded', [host('web-1', 'done')], { images: [], endedAt: at + 600 });
    expect(resultText(gone, page(80))).toBe('✓ beta runs nothing any more on 1 host, in 600 ms');
  });

  it('shows what makes it impossible', () => {
    const message = 'host port 18080 is held by nginx';
    const problems = [{ code: 'PORT_TAKEN', service: 'api', message }] as const;
    const impossible = plan([{ ...changes('web-1'), problems }]);
    const text = planText(impossible, page(80));
    expect(text).toContain('    ! PORT_TAKEN api: host port 18080 is held by nginx');
    expect(text).toContain('Not possible: 1 problem to mend first.');
    // Found before anything was touched: neither failed nor rolled back.
    expect(planExit(impossible, false)).toBe(1);
  });

  it('is never wider than the terminal', () => {
    for (const width of [40, 80, 200]) {
      const lines = planText(mixed, { width, style: coloured }).split('\n');
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    }
  });
});

describe('result', () => {
  const failed = rollout(
    'rolled-back',
    [
      host('web-1', 'reverted', { failures: [failure] }),
      host('web-2', 'kept-old', { failures: [failure] }),
      host('web-3', 'kept-old'),
    ],
    { why: 'web-1: api was not healthy', endedAt: at + 20_000 },
  );

  it('tells on one screen what failed, where, why, what runs now and what to do', () => {
    const text = resultText(failed, page(80));
    expect(text).toBe(
      `✗ beta: failed, and went back to what ran before
  web-1: api was not healthy
  r12 · after 20 s
  beta · release 7f3a9c2d · 3e1f0ab Raise the pool size

✗ web-1 · api · not healthy
    api was healthy for 3 s, then its probe failed 3 times in a row
    last probe   GET http://10.213.1.11:18080/up → 500 "db down"
    container    starfall-beta-api-1-ab12cd34
    ended        exit code 137, killed for lack of memory (OOM), 2 restarts
    asked for by services/api.yaml:3:1
    its last log lines
    │ listening on 8080
    │ cannot reach db
    │ bye␛[2J␇
  the same on web-2

What each host runs now
  web-1: api 1.41.0 healthy (reverted)
  web-2, web-3: api 1.41.0 healthy (kept-old)

What to do next
  - read the last probe and the log lines above (CONTAINER_UNHEALTHY)
  - mend it, commit, and run \`master apply beta\` again; until then the hosts run
    what ran before`,
    );
  });

  it('stays on one screen with many hosts and many failures', () => {
    const logs = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    const hosts = Array.from({ length: 100 }, (_, n) =>
      host(`web-${n}`, n % 2 === 0 ? 'down' : 'reverted', {
        failures: [{ ...failure, logs, phase: `phase ${n % 5}` }],
      }),
    );
    const text = resultText(rollout('rollback-failed', hosts, { endedAt: at }), page(80));
    expect(text.split('\n').length).toBeLessThan(52);
    expect(text).toContain('and 3 other failures');
    expect(text).toContain('line 19');
    expect(text).toContain(
      'serving nothing: web-0, web-2, web-4, web-6, web-8, web-10 and 44 more',
    );
  });

  it('is one sentence where all went well', () => {
    const hosts = [host('web-1', 'done', { gapMs: 640 }), host('web-2', 'done', { gapMs: 90 })];
    const done = rollout('succeeded', hosts, { endedAt: at + 8_200 });
    expect(resultText(done, page(200))).toBe(
      '✓ beta runs release 7f3a9c2d (api 1.42.0) on 2 hosts, in 8.2 s, longest gap 640 ms',
    );
  });

  it('names the hosts that are missing even then', () => {
    const hosts = [host('web-1', 'done'), host('web-9', 'offline')];
    const text = resultText(rollout('succeeded', hosts, { endedAt: at }), page(200));
    expect(text.split('\n')[1]).toMatch(/^! 1 host missing: web-9; start the minions/);
  });
});

describe('lines', () => {
  it('are one per transition, steps on the way are none', () => {
    expect(transitionLine(sample.hostEvent(5, 'web-1', 'switching'), plain)).toBe(
      '08:40:05  web-1             switching        is switching',
    );
    expect(transitionLine(sample.progress(5, 'web-1', 'starting', 'x'), plain)).toBeUndefined();
  });

  it('name time, place and who', () => {
    const event = { ...sample.rolloutEvent(5, 'pulling'), actor: 'ann@laptop' };
    expect(eventLine(event, plain)).toBe(
      '2026-11-24 08:40:05  pulling       beta r12: r12 is pulling (ann@laptop)',
    );
  });

  it('has one for each line that a test says, harmless like all that comes from outside', () => {
    const item = {
      kind: 'output' as const,
      ...{ at, host: 'web-1', environment: 'beta', promotion: 'p12', test: 'integration' },
      lines: ['1 of 3', '\u001b[2Jgone'],
    };
    expect(eventLine(item, plain)).toBe(
      `2026-11-24 08:40:00  test          beta web-1 integration: 1 of 3
2026-11-24 08:40:00  test          beta web-1 integration: ␛[2Jgone`,
    );
  });
});

describe('errors', () => {
  it('say what, where and what to do; no stack unless asked', () => {
    const error = fault('NO_HOSTS', 'no host matches ring=betta', {
      where: 'environments/beta.yaml',
    });
    expect(errorText(toProblem(error, false), plain)).toBe(
      `error: no host matches ring=betta [NO_HOSTS]
  where: environments/beta.yaml
  hint: compare the selector with \`master hosts\``,
    );
    expect(errorText(toProblem(error, true), plain)).toContain('at ');
    expect(errorText(toProblem(error, false), plain, 30)).toBe(
      `error: no host matches
       ring=betta [NO_HOSTS]
  where: environments/beta.yaml
  hint: compare the selector
        with \`master hosts\``,
    );
  });

  it('give diagnostics as they were rendered', () => {
    const rendered = 'services/api.yaml:2:1: unknown key\n  helthcheck: {}\n  ^\u0007';
    const answer = { code: 'STATE_INVALID', message: '1 error', hint: 'mend it', exit: 1 } as const;
    expect(errorText(toProblem(new AnsweredFault({ ...answer, rendered }), false), plain)).toBe(
      `services/api.yaml:2:1: unknown key
  helthcheck: {}
  ^␇

error: 1 error [STATE_INVALID]
  hint: mend it`,
    );
  });

  it('treat anything else as a defect, exit 4', () => {
    expect(toProblem(new TypeError('x is undefined'), false)).toMatchObject({
      data: { code: 'INTERNAL', message: 'x is undefined' },
      exit: 4,
    });
  });
});

describe('exit codes', () => {
  it.each([
    ['succeeded', 0],
    ['rolled-back', 3],
    ['rollback-failed', 4],
    ['failed', 4],
    ['aborted', 4],
    ['errored', 6],
  ] as const)('of a rollout that %s: %i', (phase, code) => {
    expect(rolloutExit(rollout(phase, []))).toBe(code);
  });

  it("are the master's where it has said one", () => {
    expect(rolloutExit(rollout('succeeded', [], { exit: 6 }))).toBe(6);
  });

  it('of a plan: 2 for pending changes, but only when asked', () => {
    const pending = plan([changes('web-1'), offline('web-2')]);
    expect([planExit(pending, false), planExit(pending, true)]).toEqual([0, 2]);
    const away = plan([inSync('web-1'), offline('web-2')]);
    expect([planExit(away, false), planExit(away, true), noopExit(away)]).toEqual([0, 6, 6]);
    expect([planExit(plan([inSync('web-1')]), true), noopExit(plan([inSync('web-1')]))]).toEqual([
      0, 0,
    ]);
  });
});
