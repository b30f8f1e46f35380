// A fleet in a few lines, for the tests of the rollout's decisions: hosts that obey the newest desire
// they were given, report on it, and lose and find their links.

import type { Report } from '../../../protocol/messages.ts';
import { begin, type Beginning } from '../../../master/rollout/begin.ts';
import { rolloutHead, rolloutHost, type Rollout } from '../../../master/rollout/record.ts';
import { advance, type Effect, type RolloutEvent } from '../../../master/rollout/reducer.ts';
import {
  parseEnvironmentName,
  parseHostId,
  parseReleaseId,
  parseRolloutId,
  type HostId,
} from '../../../states/ids.ts';
import type { RolloutPolicy } from '../../../states/model.ts';

const parsed = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('not a name');
  return value;
};
export const hostId = (name: string): HostId => parsed(parseHostId(name));
export const beta = parsed(parseEnvironmentName('beta'));

export const policyOf = (more: Partial<RolloutPolicy> = {}): RolloutPolicy => ({
  ...{ batch: { hosts: 1 }, canary: 0, progressMs: 60_000, maxFailures: 0, onFailure: 'rollback' },
  ...more,
});

export interface Start {
  readonly hosts: readonly {
    readonly linked: boolean;
    readonly changes?: boolean;
    readonly jobs?: Beginning['hosts'][number]['jobs'];
  }[];
  readonly policy?: Partial<RolloutPolicy>;
  readonly cause?: 'apply' | 'rollback';
}

/** Hosts are named `h1`, `h2`, … */
export const beginning = ({ hosts, policy, cause = 'apply' }: Start): Beginning => ({
  id: parsed(parseRolloutId('r7')),
  release: parsed(parseReleaseId('7f3a9c2d')),
  ...{ project: 'starfall', environment: beta, commit: null, subject: null, partial: false, cause },
  ...{ actor: 'ann@laptop', images: [], policy: policyOf(policy) },
  hosts: hosts.map(({ linked, changes = true, jobs }, at) => ({
    ...{ host: hostId(`h${at + 1}`), linked, changes, generation: 3, state: 0, running: [] },
    ...(jobs && { jobs }),
  })),
});

export type Desire = Extract<Effect, { do: 'desire' }>;

/**
 * `fails`: for a reason of its own; `waits`: for one that can heal; `stays`: without going back;
 * `untidy`: it works, and what was left over could not be removed.
 */
export type Fate = 'works' | 'fails' | 'fails-down' | 'waits' | 'stays' | 'untidy';

export const reportOn = (desire: Desire, fate: Fate): Report => ({
  environment: beta,
  ...{ generation: desire.generation, mode: desire.mode, writes: 0, running: [] },
  ...{ startedAt: 0, endedAt: 0, outcome: fate === 'works' ? 'done' : 'failed' },
  now: fate === 'works' || fate === 'untidy' ? 'new' : fate === 'fails-down' ? 'down' : 'old',
  reverted: fate === 'fails' && desire.mode === 'run',
  failures:
    fate === 'works'
      ? []
      : [
          {
            code: fate === 'waits' ? 'REGISTRY_DOWN' : 'CONTAINER_EXITED',
            message: `it ${fate}`,
            phase: desire.mode === 'pull' ? 'pull' : 'start',
          },
        ],
});

export interface ModelHost {
  linked: boolean;
  /** The newest desire it was given, and whether it has worked on it to its end. */
  held: Desire | undefined;
  busy: boolean;
  /** Not acknowledged yet; delivered in any order and more than once. */
  readonly reports: { readonly desire: Desire; readonly report: Report }[];
}

/** The rollout, the desires as the store has them, and the hosts, driven event by event. */
export class Model {
  rollout: Rollout;
  now = 1_000_000;
  readonly desired = new Map<HostId, Desire>();
  readonly settled = new Set<HostId>();
  readonly hosts = new Map<HostId, ModelHost>();
  readonly told: string[] = [];
  /** Called after each decision, before its effects reach anybody. */
  onStep: (before: Rollout, effects: readonly Effect[]) => void = () => undefined;

  constructor(start: Start) {
    for (const [at, { linked }] of start.hosts.entries()) {
      const host: ModelHost = { linked, held: undefined, busy: false, reports: [] };
      this.hosts.set(hostId(`h${at + 1}`), host);
    }
    const [rollout, effects] = begin(beginning(start), this.now);
    this.rollout = rollout;
    this.carryOut(effects);
  }

  get phase(): Rollout['phase'] {
    return this.rollout.phase;
  }

  get phases(): readonly string[] {
    return this.rollout.hosts.map(({ host, phase }) => `${host} ${phase}`).sort();
  }

  host(id: HostId): ModelHost {
    return parsed(this.hosts.get(id));
  }

  event(event: RolloutEvent): void {
    const before = this.rollout;
    const [after, effects] = advance(before, event, this.now);
    this.rollout = after;
    this.onStep(before, effects);
    this.carryOut(effects);
  }

  carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'desire') {
        const known = this.desired.get(effect.host);
        if (known !== undefined && known.generation >= effect.generation) continue;
        this.desired.set(effect.host, effect);
        this.#give(effect.host);
      } else if (effect.do === 'settle') this.settled.add(effect.host);
      else this.told.push(effect.event.message);
    }
  }

  /** The host has come to the end of what it was asked for. */
  work(id: HostId, fate: Fate): void {
    const host = this.host(id);
    if (host.held === undefined || !host.busy) return;
    host.busy = false;
    host.reports.push({ desire: host.held, report: reportOn(host.held, fate) });
  }

  deliver(id: HostId, { at = -1, again = false } = {}): void {
    const host = this.host(id);
    if (!host.linked) return;
    const next = host.reports.at(at);
    if (next === undefined) return;
    if (!again) host.reports.splice(host.reports.indexOf(next), 1);
    this.event({ type: 'report', host: id, report: next.report });
  }

  lose(id: HostId): void {
    this.host(id).linked = false;
    this.event({ type: 'lost', host: id });
  }

  find(id: HostId, held?: number): void {
    const host = this.host(id);
    host.linked = true;
    this.event({ type: 'linked', host: id, held: held ?? host.held?.generation ?? 0 });
    this.#give(id);
  }

  pass(ms: number): void {
    this.now += ms;
    this.event({ type: 'tick' });
  }

  /** Everything that is written is read again, as after a restart. */
  restart(): void {
    this.rollout = reread(this.rollout);
    for (const host of this.hosts.values()) host.linked = false;
    this.event({ type: 'resume' });
  }

  /** All that hosts can do now, until nobody has anything left. */
  settleAll(fate: (id: HostId, desire: Desire) => Fate = () => 'works'): void {
    for (let round = 0; round < 1_000; round += 1) {
      const busy = [...this.hosts].filter(
        ([, host]) => host.linked && (host.busy || host.reports.length > 0),
      );
      if (busy.length === 0) return;
      for (const [id, host] of busy) {
        if (host.busy && host.held !== undefined) this.work(id, fate(id, host.held));
        this.deliver(id, { at: 0 });
      }
    }
    throw new Error('the hosts do not come to rest');
  }

  #give(id: HostId): void {
    const host = this.host(id);
    const desire = this.desired.get(id);
    if (!host.linked || desire === undefined) return;
    if (host.held !== undefined && host.held.generation >= desire.generation) return;
    host.held = desire;
    host.busy = true;
  }
}

/** As it comes out of the store. */
export function reread(rollout: Rollout): Rollout {
  const { hosts, ...head } = JSON.parse(JSON.stringify(rollout)) as Rollout;
  return { ...rolloutHead.parse(head), hosts: hosts.map((host) => rolloutHost.parse(host)) };
}
