// Environments that hosts say they hold something of though this master asked nobody for anything there:
// true where its own store is an older copy, or a new one; or invented. Bounded for each host.

import type { Logger } from 'pino';
import { parseHostId, type HostId } from '../../states/ids.ts';
import type { Store } from '../store/store.ts';
import { keys } from './keys.ts';

/** More than any host has been seen to take part in; each may cost a record in the store. */
export const claimsMax = 64;

export class Claims {
  readonly #log: Logger;
  readonly #of = new Map<HostId, Set<string>>();
  readonly #warned = new Set<HostId>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Those that were written down before, so that a restart makes room for no more of them. */
  async read(store: Pick<Store, 'range'>): Promise<void> {
    for (const { key } of await store.range(keys.allHeld)) {
      const [environment = '', name = ''] = key.slice(keys.allHeld.length).split('/');
      const host = parseHostId(name);
      if (host !== undefined) this.#setOf(host).add(environment);
    }
  }

  has(host: HostId, environment: string): boolean {
    return this.#of.get(host)?.has(environment) === true;
  }

  of(host: HostId): readonly string[] {
    return [...(this.#of.get(host) ?? [])];
  }

  /** Whether it is listened to; of a host that says too much, it is told once. */
  take(host: HostId, environment: string): boolean {
    const claimed = this.#setOf(host);
    if (claimed.size < claimsMax) claimed.add(environment);
    if (claimed.has(environment)) return true;
    this.#refused(host, environment);
    return false;
  }

  /** A report of what it was neither asked for nor said that it holds. */
  ignore(host: HostId, environment: string): void {
    this.#refused(host, environment);
  }

  forget(host: HostId): void {
    this.#of.delete(host);
    this.#warned.delete(host);
  }

  #setOf(host: HostId): Set<string> {
    const known = this.#of.get(host) ?? new Set<string>();
    this.#of.set(host, known);
    return known;
  }

  #refused(host: HostId, environment: string): void {
    if (this.#warned.has(host)) return;
    this.#warned.add(host);
    const what = 'the host speaks of environments that it was never asked for; they are ignored';
    this.#log.warn({ host, environment, claimsMax }, what);
  }
}
