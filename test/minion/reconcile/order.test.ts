import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, type Taken } from '../../../minion/reconcile/order.ts';
import { plan } from '../../../states/plan.ts';
import type { Step } from '../../../states/step.ts';
import { specOf } from '../samples.ts';
import { anyCase } from '../../states/plan/arbitrary.ts';

const reason = 'because';
const start = (service: string): Step => ({
  ...{ do: 'start', container: `${service}-new`, spec: specOf(service), reason },
});
const wait = (service: string): Step => ({
  ...{ do: 'await-healthy', container: `${service}-new`, spec: specOf(service), reason },
});
const stop = (service: string): Step => ({
  ...{ do: 'stop', container: `${service}-old`, service, timeoutMs: 1_000, reason },
});
const remove = (service: string): Step => ({
  ...{ do: 'remove', container: `${service}-old`, service, reason },
});
const words = (steps: readonly Taken[]): string[] =>
  steps.map((step) => ('container' in step ? `${step.do} ${step.container}` : step.do));

describe('the order of steps', () => {
  it('lets what may run on run until all the new ones are there', () => {
    const steps = [start('a'), wait('a'), stop('a'), start('b'), wait('b'), stop('b'), remove('c')];
    expect(words(inOrder(steps))).toEqual([
      ...['start a-new', 'await-healthy a-new', 'start b-new', 'await-healthy b-new'],
      ...['all-healthy', 'stop a-old', 'stop b-old', 'remove c-old'],
    ]);
  });

  it('lets an instance make room for the next one of its service', () => {
    const steps = [start('a'), wait('a'), stop('a'), start('a'), wait('a')];
    expect(inOrder(steps)).toEqual([...steps, { do: 'all-healthy' }]);
  });

  it('leaves a stop that comes first where it is', () => {
    const steps = [stop('a'), start('a'), wait('a'), stop('b'), start('b'), wait('b')];
    expect(inOrder(steps)).toEqual([...steps, { do: 'all-healthy' }]);
  });

  it('fetches everything at once, before anything else is done', () => {
    const { image } = specOf('a');
    const pull: Step = { do: 'pull', image, reason };
    const network: Step = { do: 'create-network', network: 'n', reason };
    const taken = inOrder([network, pull, pull, start('a')]);
    expect(taken).toEqual([{ do: 'pull-all', images: [image, image] }, network, start('a')]);
  });

  it('of any plan takes every step once, and swaps only stops that wait', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, observed }) => {
        const { steps } = plan(desired, observed);
        const pulls = steps.filter(({ do: what }) => what === 'pull');
        const taken = inOrder(steps);
        const others = taken.filter(
          (step): step is Step => step.do !== 'pull-all' && step.do !== 'all-healthy',
        );
        expect(new Set(others)).toEqual(new Set(steps.filter((step) => !pulls.includes(step))));
        expect(others).toHaveLength(steps.length - pulls.length);
        const still = (list: readonly Taken[]) => list.filter(({ do: what }) => what !== 'stop');
        expect(still(others)).toEqual(still(steps.filter((step) => !pulls.includes(step))));
        // What was stopped before a start is still stopped before it, unless its own new one runs.
        const made = steps.filter(({ do: what }) => what !== 'pull');
        for (const [index, step] of made.entries()) {
          if (step.do !== 'stop') continue;
          const passed = made
            .slice(index)
            .filter(({ do: what }) => what === 'start' || what === 'restart')
            .filter((each) => others.indexOf(each) < others.indexOf(step))
            .map((each) => ('spec' in each ? each.spec.service : ''));
          if (passed.length === 0) continue;
          const waits = made.slice(0, index).filter((each) => each.do === 'await-healthy');
          expect(waits.map(({ spec }) => spec.service)).toContain(step.service);
          expect(passed).not.toContain(step.service);
        }
      }),
    );
  });
});
