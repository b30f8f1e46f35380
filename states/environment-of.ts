// Finding an environment by the name that a person gave.

import type { EnvironmentName } from './ids.ts';
import type { Environment, States } from './states.ts';
import { unknownName } from './unknown-name.ts';

/** Throws UNKNOWN_NAME where there is none. */
export function environmentOf(states: States, name: string): Environment {
  const environment = states.environments.get(name as EnvironmentName);
  if (environment !== undefined) return environment;
  throw unknownName('environment is named', name, describeEnvironments(states));
}

/** In the order of the pipeline, those outside it last. */
export function describeEnvironments(states: States): readonly EnvironmentName[] {
  const ordered = new Set<EnvironmentName>();
  const add = (name: EnvironmentName): void => {
    if (ordered.has(name) || !states.environments.has(name)) return;
    states.pipeline.get(name)?.after.forEach(add);
    ordered.add(name);
  };
  [...states.pipeline.keys()].forEach(add);
  [...states.environments.keys()].sort().forEach(add);
  return [...ordered];
}
