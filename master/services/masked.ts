// Values of env entries never leave the master: a plan shows that there is one, and whether it changes.

import type { ContainerSpec, HostState } from '../../states/model.ts';
import type { Step } from '../../states/step.ts';

const mask = '••••';

/** `before` is what the host was to run until now, where that is known. */
export function maskedStep(step: Step, before: HostState | undefined): Step {
  if (!('spec' in step)) return step;
  return { ...step, spec: maskedSpec(step.spec, before) };
}

function maskedSpec(spec: ContainerSpec, before: HostState | undefined): ContainerSpec {
  const old = before?.containers.find(
    ({ service, slot }) => service === spec.service && slot === spec.slot,
  );
  const env = Object.entries(spec.env).map(([name, value]) => {
    const changed = old !== undefined && old.env[name] !== value;
    return [name, changed ? `${mask} (changed)` : mask];
  });
  return { ...spec, env: Object.fromEntries(env) as Record<string, string> };
}
