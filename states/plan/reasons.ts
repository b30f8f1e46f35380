// Why a step is taken, in words. The host knows of an old container its image and the hash of its
// spec, so that is all that can be said of what changed.

import type { ObservedContainer } from '../observed.ts';
import type { Slot } from './slots.ts';

export function whyCreate({ spec, unusable, old, predecessors }: Slot): string {
  if (unusable !== undefined) return 'made anew';
  const before = old[0] ?? predecessors[0];
  if (before === undefined) return 'not there yet';
  if (before.image === '') return 'its spec changed';
  const same = before.image === `${spec.image.repository}@${spec.image.digest}`;
  return same ? 'its settings changed' : `its image changed, to ${spec.image.tag}`;
}

export function whyUnusable({ status, detached }: ObservedContainer): string {
  if (status === 'dead') return 'dead, so it is made anew';
  if (status === 'removing') return 'half removed, so it is made anew';
  if (detached === true) return 'it runs without its network, so it is made anew';
  return 'its labels are not those of its name, so it is made anew';
}

export const whyLost = 'its network was removed, so it cannot start';

export type Order = 'start-first' | 'stop-first' | 'first-start';

export function whyStart({ own, old }: Slot, order: Order): string {
  if (own?.status === 'created') return 'created, but never started';
  if (own !== undefined) return old.length > 0 ? 'stopped, kept from before' : 'stopped';
  if (order === 'start-first') return 'beside the old one';
  return order === 'stop-first' ? 'in place of the old one' : 'nothing runs in its place';
}

export function whyRestart({ own }: Slot): string {
  if (own?.status === 'paused') return 'paused';
  return own?.status === 'restarting' ? 'it ends again and again' : 'unhealthy';
}

export function whyAwait({ todo }: Slot): string {
  if (todo === 'await') return 'not healthy yet';
  return todo === 'restart' ? 'just restarted' : 'just started';
}

export const whyStopped = ({ status }: ObservedContainer): string =>
  status === 'paused' ? 'paused, and replaced' : 'it ends again and again, and is replaced';

export const replaced = 'the new one is healthy';
export const unwanted = 'no longer in the state';

export function whyWaste({ status }: ObservedContainer): string {
  if (status === 'created') return 'it never ran, and is not wanted now';
  return status === 'dead' ? 'dead' : 'half removed';
}

export function whyBeyond(retain: number): string {
  if (retain === 0) return 'none is kept for going back';
  return retain === 1
    ? 'only the latest is kept for going back'
    : `only the latest ${retain} are kept for going back`;
}
