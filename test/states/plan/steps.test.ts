// In which order any plan takes its steps.

import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { isLive, perform } from '../simulate.ts';
import { always, canStart, ended, inSlot, isFaked } from './laws.ts';

describe('the steps of any plan', () => {
  it('fetches and makes everything before anything that runs is stopped', () => {
    always(({ desired, observed }) => {
      const { steps } = plan(desired, observed);
      const right = new Set(desired.containers.map((spec) => containerName({ ...desired, spec })));
      const stops = steps.findIndex((step) => step.do === 'stop' && !right.has(step.container));
      if (stops < 0) return;
      const late = steps.slice(stops).map((step) => step.do);
      expect(late).not.toContain('pull');
      expect(late).not.toContain('create');
    });
  });

  it('removes nothing that could run before all that is wanted is healthy', () => {
    always(({ desired, observed }) => {
      const { steps } = plan(desired, observed);
      const right = new Set(desired.containers.map((spec) => containerName({ ...desired, spec })));
      const last = steps.findLastIndex((step) => step.do === 'await-healthy');
      for (const name of ended(steps.slice(0, last + 1), 'remove')) {
        if (right.has(name)) continue;
        const removed = observed.containers.filter((container) => container.name === name);
        expect(removed.map((c) => canStart(c, { desired, observed }))).toEqual([false]);
      }
    });
  });

  it('leaves a service without an answer only where it says so', () => {
    always(({ desired, observed }) => {
      const { steps, switches } = plan(desired, observed);
      const safe = desired.containers.filter((spec) => {
        const order = switches.find((s) => s.service === spec.service && s.slot === spec.slot);
        const surely = order === undefined || order.gapMs === 0;
        return surely && !isFaked(spec, { desired, observed });
      });
      const answers = (spec: ContainerSpec, now: Observed): boolean =>
        inSlot(spec, now).some(
          (c) => c.status === 'running' && c.health === 'healthy' && c.detached !== true,
        );
      const up = safe.filter((spec) => answers(spec, observed));
      let now = observed;
      for (const step of steps) {
        now = perform(now, step, desired);
        for (const spec of up) expect(answers(spec, now)).toBe(true);
      }
    });
  });

  it('never starts one beside another that may take its port at any moment', () => {
    always(({ desired, observed }) => {
      let now = observed;
      for (const step of plan(desired, observed).steps) {
        if (step.do === 'start' || step.do === 'restart') {
          const others = inSlot(step.spec, now).filter(({ name }) => name !== step.container);
          expect(others.filter(isLive).every(({ status }) => status === 'running')).toBe(true);
        }
        now = perform(now, step, desired);
      }
    });
  });

  it('says of every slot that changes in which order, and of no other', () => {
    always(({ desired, observed }) => {
      const { steps, switches } = plan(desired, observed);
      const touched = new Set(
        steps.flatMap((step) => {
          if (step.do === 'start' || step.do === 'restart') {
            return [`${step.spec.service} ${step.spec.slot}`];
          }
          if (step.do !== 'stop') return [];
          const stopped = observed.containers.find(({ name }) => name === step.container);
          return [`${step.service} ${stopped?.slot}`];
        }),
      );
      const told = switches.map(({ service, slot }) => `${service} ${slot}`);
      expect([...told].sort()).toEqual([...touched].sort());
    });
  });

  it('starts what is needed before what needs it', () => {
    always(({ desired, observed }) => {
      const starts = plan(desired, observed).steps.flatMap((step) =>
        step.do === 'start' || step.do === 'restart' ? [step.spec] : [],
      );
      starts.forEach((spec, index) => {
        const later = starts.slice(index + 1).map(({ service }) => service);
        for (const need of spec.needs) expect(later).not.toContain(need);
      });
    });
  });
});
