// The two steps that end something, as every part of a plan makes them.

import type { ObservedContainer } from '../observed.ts';
import type { Step } from '../step.ts';

const stopMsDefault = 30_000;

/** Of a service that is no longer in the state: what it was made with. */
export const graceOf = ({ stopTimeoutMs }: ObservedContainer): number =>
  stopTimeoutMs ?? stopMsDefault;

/** The container stays, and can be started again. */
export const stop = (
  { name, service }: ObservedContainer,
  timeoutMs: number,
  reason: string,
): Extract<Step, { readonly do: 'stop' }> => ({
  do: 'stop',
  container: name,
  service,
  timeoutMs,
  reason,
});

export const remove = ({ name, service }: ObservedContainer, reason: string): Step => ({
  do: 'remove',
  container: name,
  service,
  reason,
});
