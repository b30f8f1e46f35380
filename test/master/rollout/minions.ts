// Minions in the test's own process that keep to the protocol: newest generation only, numbered
// reports kept until they are acknowledged, exchange of generations at every hello.

import type { Answer, Call, Desire, Report, Verb } from '../../../protocol/messages.ts';
import type { Fleet, FleetHandlers } from '../../../master/fleet/fleet.ts';
import { fault } from '../../../states/faults.ts';
import type { HostId } from '../../../states/ids.ts';
import type { HostState } from '../../../states/model.ts';
import type { Fate } from './model.ts';

type Handlers = Omit<FleetHandlers, 'onFacts'>;
type Decide = (host: HostId, desire: Desire) => Fate;

interface Held {
  desire: Desire;
  /** The newest state that came to its end well. */
  running: { generation: number; state: HostState } | undefined;
}

class Minion {
  linked = false;
  seq = 0;
  readonly held = new Map<string, Held>();
  readonly pending: { readonly seq: number; readonly report: Report }[] = [];
}

export class Minions implements Fleet {
  readonly #minions = new Map<HostId, Minion>();
  #handlers: Handlers | undefined;
  /** What becomes of a desire; hosts obey at once. */
  decide: Decide = () => 'works';
  /** Every desire that reached a host and was news to it. */
  readonly obeyed: { readonly host: HostId; readonly desire: Desire }[] = [];
  readonly answers: Partial<{
    [V in Verb]: (host: HostId, call: Extract<Call, { verb: V }>) => Answer<V>;
  }> = {};

  constructor(hosts: readonly HostId[]) {
    for (const host of hosts) this.#minions.set(host, new Minion());
  }

  /** What the host runs: the state of the newest desire that it got to. */
  runs(host: HostId, environment = 'beta'): HostState | undefined {
    return this.#of(host).held.get(environment)?.running?.state;
  }

  attach(handlers: Handlers | undefined): void {
    this.#handlers = handlers;
    if (handlers === undefined) for (const minion of this.#minions.values()) minion.linked = false;
  }

  async link(...hosts: readonly HostId[]): Promise<void> {
    for (const host of hosts.length === 0 ? this.#minions.keys() : hosts) {
      const minion = this.#of(host);
      minion.linked = true;
      const accepted = [...minion.held].map(([environment, { desire, running }]) => ({
        environment: environment as Desire['state']['environment'],
        ...{ generation: desire.generation, running: running?.generation ?? 0 },
      }));
      await this.#handlers?.onHello(host, { version: '0.1.0', facts: {}, accepted });
      await this.#flush(host);
    }
  }

  lose(host: HostId): void {
    this.#of(host).linked = false;
    this.#handlers?.onGone(host, 'cut');
  }

  /** As if its disk were a copy from another time. */
  pretend(host: HostId, environment: string, generation: number): void {
    const held = this.#of(host).held.get(environment);
    if (held !== undefined) held.desire = { ...held.desire, generation };
  }

  connected(): readonly HostId[] {
    return [...this.#minions].filter(([, { linked }]) => linked).map(([host]) => host);
  }

  desire(host: HostId, desire: Desire): boolean {
    const minion = this.#minions.get(host);
    if (minion?.linked !== true) return false;
    // Over the wire it is another object.
    queueMicrotask(() => this.#obey(host, structuredClone(desire)));
    return true;
  }

  async call<V extends Verb>(host: HostId, call: Extract<Call, { verb: V }>): Promise<Answer<V>> {
    if (!this.#of(host).linked) throw fault('HOSTS_MISSING', `${host} has no link`);
    const answer = this.answers[call.verb] as
      ((host: HostId, call: Extract<Call, { verb: V }>) => Answer<V>) | undefined;
    if (answer === undefined) throw new Error(`nobody answers ${call.verb}`);
    return answer(host, call);
  }

  /** Reports again what was said last, acknowledged or not. */
  async repeat(host: HostId, report: Report): Promise<void> {
    await this.#handlers?.onReport(host, 1, report);
  }

  #of(host: HostId): Minion {
    const minion = this.#minions.get(host);
    if (minion === undefined) throw new Error(`no host ${host}`);
    return minion;
  }

  #obey(host: HostId, desire: Desire): void {
    const minion = this.#of(host);
    if (!minion.linked) return;
    const { environment } = desire.state;
    const held = minion.held.get(environment);
    if (held !== undefined && held.desire.generation >= desire.generation) return;
    const fate = this.decide(host, desire);
    this.obeyed.push({ host, desire });
    const works = fate === 'works' && desire.mode === 'run';
    const running = works ? { generation: desire.generation, state: desire.state } : held?.running;
    minion.held.set(environment, { desire, running });
    minion.seq += 1;
    minion.pending.push({ seq: minion.seq, report: reportOf(desire, fate, minion.seq) });
    void this.#flush(host);
  }

  async #flush(host: HostId): Promise<void> {
    const minion = this.#of(host);
    for (;;) {
      const [next] = minion.pending;
      const handlers = this.#handlers;
      if (!minion.linked || next === undefined || handlers === undefined) return;
      try {
        await handlers.onReport(host, next.seq, next.report);
      } catch {
        // No acknowledgement: the link ends, and the report is sent again over the next one.
        minion.linked = false;
        return;
      }
      if (minion.pending[0] === next) minion.pending.shift();
    }
  }
}

function reportOf(desire: Desire, fate: Fate, seq: number): Report {
  const works = fate === 'works';
  const { state, generation, mode } = desire;
  return {
    ...{ environment: state.environment, generation, mode, writes: works ? 1 : 0 },
    ...{ outcome: works ? 'done' : 'failed', reverted: fate === 'fails' && mode === 'run' },
    now: works ? 'new' : fate === 'fails-down' ? 'down' : 'old',
    failures: works
      ? []
      : [
          {
            code: fate === 'waits' ? 'REGISTRY_DOWN' : 'CONTAINER_EXITED',
            message: `it ${fate}`,
            phase: mode === 'pull' ? 'pull' : 'start',
          },
        ],
    running: state.containers.map(({ service, slot, image }) => ({
      ...{ service, slot, container: `starfall-beta-${service}-${slot}`, release: state.release },
      ...{ image: image.digest, tag: image.tag, health: works ? 'healthy' : 'unhealthy' },
    })),
    ...{ startedAt: seq, endedAt: seq },
  };
}
