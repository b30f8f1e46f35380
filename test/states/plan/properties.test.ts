// Where any plan ends: at the state, with what going back needs, and with nothing else touched.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { specHash } from '../../../states/hash.ts';
import type { HostState } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { hostSide, portsClash } from '../../../states/ports.ts';
import { isLive, perform, simulate } from '../simulate.ts';
import { anyHistory, anyState } from './arbitrary.ts';
import { nothing } from './fixture.ts';
import { always, canStart, ended, inSlot, outOfSync } from './laws.ts';

describe('any plan', () => {
  it('brings any host to the state, and has nothing to do then', () => {
    always(({ desired, observed }) => {
      const after = simulate(observed, plan(desired, observed).steps, desired);
      expect(outOfSync(desired, after)).toEqual([]);
      expect(plan(desired, after)).toEqual({ steps: [], switches: [], problems: [] });
    });
  });

  it('can be cut off after any step, and taken up by another plan', () => {
    always(({ desired, observed }) => {
      const { steps } = plan(desired, observed);
      let now = observed;
      for (const step of steps) {
        now = perform(now, step, desired);
        expect(outOfSync(desired, simulate(now, plan(desired, now).steps, desired))).toEqual([]);
      }
    }, 150);
  });

  it('touches only what was observed of this environment, and what it makes itself', () => {
    always(({ desired, observed }) => {
      const known = new Set(observed.containers.map(({ name }) => name));
      for (const step of plan(desired, observed).steps) {
        if (step.do === 'create') known.add(step.container);
        if ('container' in step) expect(known).toContain(step.container);
        if ('network' in step) expect(step.network).toBe(desired.network);
        if ('volume' in step) expect(step.volume).not.toBe('of-another');
      }
    });
  });

  it('starts a stopped container of the right name and never makes it again', () => {
    always(({ desired, observed }) => {
      const { steps } = plan(desired, observed);
      for (const spec of desired.containers) {
        const name = containerName({ ...desired, spec });
        const there = inSlot(spec, observed).find((container) => container.name === name);
        if (there?.spec !== specHash(spec, desired)) continue;
        if (!canStart(there, { desired, observed })) continue;
        expect(ended(steps, 'create')).not.toContain(name);
        expect(ended(steps, 'remove')).not.toContain(name);
        expect(ended(steps, 'start')).toContain(name);
      }
    });
  });

  it('keeps the latest predecessors, and all that retain allows', () => {
    always(({ desired, observed }) => {
      const after = simulate(observed, plan(desired, observed).steps, desired);
      for (const spec of desired.containers) {
        const own = containerName({ ...desired, spec });
        const before = inSlot(spec, observed).filter(({ name }) => name !== own);
        const live = before.filter(isLive).map(({ name }) => name);
        const stopped = before
          .filter(({ status }) => status === 'exited')
          .filter((container) => canStart(container, { desired, observed }));
        const kept = inSlot(spec, after).filter(({ status }) => status === 'exited');
        const possible = live.length + stopped.length;
        expect(kept).toHaveLength(Math.min(spec.retain, possible));
        const names = new Set(kept.map(({ name }) => name));
        if (spec.retain >= live.length) for (const name of live) expect(names).toContain(name);
        const times = stopped.filter(({ name }) => names.has(name)).map((c) => c.stoppedAt ?? 0);
        const gone = stopped.filter(({ name }) => !names.has(name)).map((c) => c.stoppedAt ?? 0);
        expect(Math.max(0, ...gone)).toBeLessThanOrEqual(Math.min(Infinity, ...times));
      }
    });
  });

  it('has a problem exactly where a stranger has what it needs', () => {
    const strangers = fc.record({
      port: fc.constantFrom(80, 81, 82),
      name: fc.boolean(),
      address: fc.constantFrom('0.0.0.0', '10.0.0.1'),
    });
    fc.assert(
      fc.property(anyState, strangers, (desired, { port, name, address }) => {
        const names = desired.containers.map((spec) => containerName({ ...desired, spec }));
        const held = { container: 'nginx', address, port, protocol: 'tcp' as const };
        const foreignNames = name ? names.slice(0, 1) : [];
        const { problems } = plan(desired, { ...nothing, taken: [held], foreignNames });
        const needed = desired.containers.filter((spec) =>
          spec.ports.some((each) => portsClash(hostSide(each), held)),
        );
        const expected = [
          ...needed.map(({ service }) => `PORT_TAKEN ${service}`),
          ...desired.containers
            .slice(0, foreignNames.length)
            .map(({ service }) => `NAME_TAKEN ${service}`),
        ];
        expect(problems.map(({ code, service }) => `${code} ${service}`).sort()).toEqual(
          expected.sort(),
        );
      }),
    );
  });
});

describe('any history of states', () => {
  it('ends in the last, and the way back to the one before is a start', () => {
    const history = fc.oneof(anyHistory, fc.array(anyState, { minLength: 2, maxLength: 5 }));
    fc.assert(fc.property(history, follow), { numRuns: 300 });
  });
});

function follow(history: readonly HostState[]): void {
  let now: Observed = nothing;
  for (const [index, desired] of history.entries()) {
    now = simulate(now, plan(desired, now).steps, desired);
    expect(outOfSync(desired, now)).toEqual([]);
    expect(plan(desired, now).steps).toEqual([]);
    const before = history[index - 1];
    if (before === undefined || !keptFor(before, desired)) continue;
    const back = plan(before, now).steps.map((step) => step.do);
    for (const what of ['pull', 'create', 'create-network', 'create-volume'] as const) {
      expect(back).not.toContain(what);
    }
  }
}

/** Whether `next` has every slot of `before`, and keeps what it replaces. */
const keptFor = (before: HostState, next: HostState): boolean =>
  before.containers.every((old) =>
    next.containers.some(
      ({ service, slot, retain }) => service === old.service && slot === old.slot && retain > 0,
    ),
  );
