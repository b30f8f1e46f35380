// Finding an environment by the name that a person gave.

import { fault } from './faults.ts';
import type { EnvironmentName } from './ids.ts';
import type { Environment, States } from './states.ts';
import { suggest } from './suggest.ts';

/** Throws UNKNOWN_NAME where there is none. */
export function environmentOf(states: States, name: string): Environment {
  const environment = states.environments.get(name as EnvironmentName);
  if (environment !== undefined) return environment;
  const known = describeEnvironments(states);
  const meant = suggest(name, known);
  const more =
    meant !== undefined
      ? `; did you mean ${meant}?`
      : known.length > 0
        ? `; there are ${known.join(', ')}`
        : '; there are none';
  throw fault('UNKNOWN_NAME', `no environment is named ${name}${more}`);
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
