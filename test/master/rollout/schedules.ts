// Random fates of a rollout: what can befall hosts, links, the clock and the master, in any order.

import fc from 'fast-check';
import { type Fate, type Model, type ModelHost, type Start } from './model.ts';

const fate = fc.constantFrom<Fate>(
  ...(['works', 'works', 'works', 'works', 'works', 'works'] as const),
  ...(['fails', 'fails-down', 'waits', 'stays', 'untidy'] as const),
);
const who = fc.nat(1_000);

/** One thing that can happen to the fleet, in any order; `who` is one of those it can happen to. */
const happening = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: fc.constant('work' as const), who, fate }) },
  { weight: 60, arbitrary: fc.record({ do: fc.constant('deliver' as const), who }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('again' as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('lose' as const), who }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('find' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('find-ahead' as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(20_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constant(60_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'abort' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), who }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
export const happenings = fc.array(happening, { maxLength: 120, size: 'max' });

export const start: fc.Arbitrary<Start> = fc
  .record({
    hosts: fc.array(
      fc.record({ linked: fc.constantFrom(true, true, true, false), changes: fc.boolean() }),
      { minLength: 1, maxLength: 9 },
    ),
    policy: fc.record({
      batch: fc.oneof(
        fc.record({ hosts: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ percent: fc.constantFrom(1, 25, 34, 50, 100) }),
      ),
      canary: fc.nat(2),
      maxFailures: fc.nat(3),
      onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
    }),
    cause: fc.constantFrom('apply' as const, 'apply' as const, 'rollback' as const),
  })
  .filter(({ hosts }) => hosts.some(({ linked }) => linked));

const can: Readonly<Record<string, (host: ModelHost) => boolean>> = {
  work: ({ busy }) => busy,
  deliver: ({ linked, reports }) => linked && reports.length > 0,
  again: ({ linked, reports }) => linked && reports.length > 0,
  lose: ({ linked }) => linked,
  find: ({ linked }) => !linked,
};

export function perform(model: Model, event: Happening): void {
  const able = [...model.hosts].filter(([, host]) => can[event.do]?.(host) ?? true);
  const id = able['who' in event ? event.who % able.length : 0]?.[0];
  if (id === undefined) return;
  switch (event.do) {
    case 'work':
      return model.work(id, event.fate);
    case 'deliver':
      return model.deliver(id, { at: event.who % 2 === 0 ? 0 : -1 });
    case 'again':
      return model.deliver(id, { at: 0, again: true });
    case 'lose':
      return model.lose(id);
    case 'find':
      return model.find(id);
    case 'find-ahead':
      return model.find(id, 40);
    case 'pass':
      return model.pass(event.ms);
    case 'restart':
      return model.restart();
    case 'abort':
      return model.event({ type: 'abort', actor: 'ann@laptop' });
    case 'remove':
      return model.event({ type: 'removed', host: id });
  }
}
