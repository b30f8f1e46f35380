// A name that a person gave and nothing has: what was meant, or what there is.

import { fault, type Fault } from './faults.ts';
import { suggest } from './suggest.ts';

const namedMax = 8;

/** UNKNOWN_NAME. `what`: "environment is named"; `known` in the order in which they are told. */
export function unknownName(what: string, name: string, known: readonly string[]): Fault {
  return fault('UNKNOWN_NAME', `no ${what} ${name}${insteadOf(name, known)}`);
}

/** `; did you mean beta?`, `; there are beta, prod`. */
export function insteadOf(name: string, known: readonly string[]): string {
  const meant = suggest(name, known);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  if (known.length === 0) return '; there are none';
  const more = known.length > namedMax ? ` and ${known.length - namedMax} more` : '';
  const verb = known.length === 1 ? 'is only' : 'are';
  return `; there ${verb} ${known.slice(0, namedMax).join(', ')}${more}`;
}
