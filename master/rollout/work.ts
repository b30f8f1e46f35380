// What hosts do at this moment, service by service, by the newest word of each: for who comes late and
// wants to know what a host waits for, and since when. In memory only; nothing depends on it.

import type { Progress } from '../../protocol/messages.ts';
import type { HostRolloutView, RolloutView, WorkView } from '../api/contract.ts';

/** By rollout and host, then by service; '' where it concerns the host as a whole. */
export class WorkBook {
  readonly #hosts = new Map<string, Map<string, WorkView>>();

  take(
    rollout: string,
    host: string,
    { service = '', phase, detail }: Progress,
    now: number,
  ): void {
    const key = `${rollout}/${host}`;
    const known = this.#hosts.get(key) ?? new Map<string, WorkView>();
    const last = known.get(service);
    const since = last?.phase === phase ? last.since : now;
    known.set(service, { service, phase, detail, since });
    this.#hosts.set(key, known);
  }

  clear(): void {
    this.#hosts.clear();
  }

  /** The same view, with what its hosts do. Steps of a phase that is over say nothing about the next. */
  shown(view: RolloutView): RolloutView {
    if (view.endedAt !== null) return view;
    const hosts = view.hosts.map((host): HostRolloutView => {
      const work = [...(this.#hosts.get(`${view.id}/${host.host}`)?.values() ?? [])];
      const current = work.filter(({ since }) => since >= host.since);
      return current.length === 0 ? host : { ...host, work: current };
    });
    return { ...view, hosts };
  }
}
