// The two steps that end something, as every part of a plan makes them.

import type { ObservedContainer } from '../observed.ts';
import type { Step } from '../step.ts';

/** The grace of a service whose own is no longer in the state; PEERS §3. */
export const stopMsDefault = 30_000;

/** The container stays, and can be started again. */
export const stop = (
  { name, service }: ObservedContainer,
  timeoutMs: number,
  reason: string,
): Step => ({ do: 'stop', container: name, service, timeoutMs, reason });

export const remove = ({ name, service }: ObservedContainer, reason: string): Step => ({
  do: 'remove',
  container: name,
  service,
  reason,
});
