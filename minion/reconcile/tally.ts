// What a change has done so far: how much was written, what was started and stopped, and how long each
// service was gone.

import type { Observed } from '../../states/observed.ts';

interface Place {
  readonly service: string;
  readonly slot: number;
}

const keyOf = ({ service, slot }: Place): string => `${service} ${slot}`;

export class Tally {
  /** Calls to the Engine that changed something. */
  writes = 0;
  readonly created = new Set<string>();
  readonly started = new Set<string>();
  readonly stopped = new Set<string>();
  /** Container that answers in a place; not known before something was changed there. */
  readonly #serving = new Map<string, string>();
  readonly #goneSince = new Map<string, number>();
  readonly #gaps = new Map<string, number>();

  /** What was made or started by this change. */
  get touched(): ReadonlySet<string> {
    return new Set([...this.created, ...this.started]);
  }

  starts(container: string): void {
    this.started.add(container);
  }

  /** From now on the service is gone, unless another container answers in its place. */
  stops(container: string, observed: Observed, now: number): void {
    this.stopped.add(container);
    const place = observed.containers.find(({ name }) => name === container);
    if (place === undefined) return;
    const key = keyOf(place);
    const serving = this.#serving.get(key) ?? container;
    if (serving !== container) this.#gaps.set(key, this.#gaps.get(key) ?? 0);
    else if (!this.#goneSince.has(key)) this.#goneSince.set(key, now);
  }

  /** The container answers for the first time. */
  ready(place: Place, container: string, now: number): void {
    const key = keyOf(place);
    const since = this.#goneSince.get(key);
    this.#serving.set(key, container);
    this.#goneSince.delete(key);
    if (since === undefined) return;
    this.#gaps.set(key, (this.#gaps.get(key) ?? 0) + Math.max(0, now - since));
  }

  /** Milliseconds without an answer; undefined where nothing took another's place. */
  gapMs(place: Place): number | undefined {
    return this.#gaps.get(keyOf(place));
  }
}
