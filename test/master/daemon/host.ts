// A host without Docker behind the minion's real link: what it runs is what the real plan makes of it,
// performed on paper. Images of bad versions never get healthy there.

import type { Logger } from 'pino';
import { startLink, type Link, type Outgoing } from '../../../minion/link.ts';
import { readMinion } from '../../../minion/identity.ts';
import type { Call, Desire, Report } from '../../../protocol/messages.ts';
import type { Tested } from '../../../protocol/test-schema.ts';
import { realWorld } from '../../../protocol/world.ts';
import type { HostState } from '../../../states/model.ts';
import type { Observed } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { simulate } from '../../states/simulate.ts';

const bare: Observed = {
  ...{ containers: [], networks: [], volumes: [], images: [], taken: [], foreignNames: [] },
};

interface Held {
  readonly desire: Desire;
  readonly good: HostState | undefined;
}

export class PaperHost {
  /** Tags that exit at once, and whether images can be pulled. */
  readonly bad = new Set<string>();
  pulls: 'work' | 'fail' | 'wait' = 'work';
  /** `environment test` of tests that fail here; and how many were run. */
  readonly failing = new Set<string>();
  tested = 0;
  /** Steps that changed something. */
  writes = 0;
  facts: Record<string, string | number> = { os: 'linux', address: '10.0.0.1' };
  readonly #observed = new Map<string, Observed>();
  readonly #held = new Map<string, Held>();
  #pending: Outgoing[] = [];
  #seq = 0;
  #link: Link | undefined;

  get linked(): boolean {
    return this.#link?.linked ?? false;
  }

  async start(dir: string, log: Logger): Promise<void> {
    const { config, identity } = await readMinion(dir);
    this.#link = startLink({
      ...{ url: config.url, identity, world: realWorld, log },
      limits: { reconnectMsMin: 20, reconnectMsMax: 50 },
      handlers: {
        onWelcome: () => undefined,
        onDesire: (desire) => {
          this.#obey(desire);
        },
        onCall: async (call) => this.#answer(call),
        onCertificate: () => undefined,
        onTrust: () => undefined,
        onAck: (seq) => {
          this.#pending = this.#pending.filter((each) => each.seq > seq);
        },
      },
      source: {
        hello: () => ({ version: '0.1.0', facts: this.facts, accepted: this.#accepted() }),
        pending: () => this.#pending,
      },
    });
  }

  async stop(): Promise<void> {
    await this.#link?.close();
  }

  /** Tags of what runs, by environment. */
  tags(environment = 'beta'): readonly string[] {
    const held = this.#held.get(environment);
    const running = this.#of(environment).containers.filter(({ status }) => status === 'running');
    const specs = [held?.desire.state, held?.good].flatMap((state) => state?.containers ?? []);
    return running.map(
      ({ image }) =>
        specs.find((spec) => `${spec.image.repository}@${spec.image.digest}` === image)?.image
          .tag ?? image,
    );
  }

  /** Somebody else takes a port of the host. */
  takePort(port: number, environment = 'beta'): void {
    const taken = [{ container: 'nginx', address: '0.0.0.0', port, protocol: 'tcp' } as const];
    this.#observed.set(environment, { ...this.#of(environment), taken });
  }

  #of(environment: string): Observed {
    return this.#observed.get(environment) ?? bare;
  }

  #accepted() {
    return [...this.#held.values()].map(({ desire: { generation, state } }) => ({
      ...{ environment: state.environment, generation, running: generation },
    }));
  }

  #obey(desire: Desire): void {
    const { environment } = desire.state;
    const held = this.#held.get(environment);
    if (held !== undefined && held.desire.generation >= desire.generation) return;
    const report = desire.mode === 'pull' ? this.#pull(desire) : this.#run(desire, held?.good);
    const good = report.outcome === 'done' && desire.mode === 'run' ? desire.state : held?.good;
    this.#held.set(environment, { desire, good });
    this.#seq += 1;
    this.#pending.push({ type: 'report', seq: this.#seq, report });
    this.#link?.wake();
  }

  #pull(desire: Desire): Report {
    if (this.pulls !== 'work') {
      const why =
        this.pulls === 'fail'
          ? ({ code: 'IMAGE_NOT_FOUND', message: 'the registry has no such image' } as const)
          : ({ code: 'REGISTRY_DOWN', message: 'the registry does not answer' } as const);
      return this.#report(desire, { outcome: 'failed', now: 'old' }, [{ ...why, phase: 'pull' }]);
    }
    const { environment } = desire.state;
    const { steps } = plan(desire.state, this.#of(environment));
    const pulls = steps.filter((step) => step.do === 'pull');
    this.#observed.set(environment, simulate(this.#of(environment), pulls, desire.state));
    return this.#report(desire, { outcome: 'done', now: 'old' });
  }

  #run(desire: Desire, good: HostState | undefined): Report {
    const broken = desire.state.containers.find(({ image }) => this.bad.has(image.tag));
    if (broken !== undefined) {
      const failure = {
        ...({ code: 'CONTAINER_EXITED', message: 'it exited with 1', phase: 'start' } as const),
        ...{ service: broken.service, exitCode: 1, logs: ['cannot open the database'] },
      };
      const now = good === undefined ? 'down' : 'old';
      return this.#report(desire, { outcome: 'failed', now, reverted: true }, [failure]);
    }
    this.#perform(desire.state);
    return this.#report(desire, { outcome: 'done', now: 'new' });
  }

  #perform(state: HostState): void {
    const { steps } = plan(state, this.#of(state.environment));
    this.writes += steps.filter((step) => step.do !== 'await-healthy').length;
    this.#observed.set(state.environment, simulate(this.#of(state.environment), steps, state));
  }

  #report(
    { generation, mode, state }: Desire,
    ended: Pick<Report, 'outcome' | 'now'> & { readonly reverted?: boolean },
    failures: Report['failures'] = [],
  ): Report {
    return {
      ...{ environment: state.environment, generation, mode, writes: 1, failures },
      ...{ reverted: false, running: this.#running(state.environment), startedAt: 0 },
      ...{ endedAt: Date.now(), ...ended },
    };
  }

  #running(environment: string): Report['running'] {
    return this.#of(environment)
      .containers.filter(({ status }) => status === 'running')
      .map(({ service, slot, name, release, image, health }) => ({
        ...{ service, slot, container: name, release, image, health },
      }));
  }

  #test({ environment, test }: Extract<Call, { verb: 'test' }>): Tested {
    this.tested += 1;
    const fails = this.failing.has(`${environment} ${test}`);
    return {
      ...{ verdict: fails ? 'failed' : 'passed', detail: fails ? 'expected 200, got 500' : 'well' },
      ...{ durationMs: 1, exitCode: null, counts: null },
      output: { head: 'said', tail: '', omittedLines: 0, omittedChars: 0 },
    };
  }

  #answer(call: Call): unknown {
    switch (call.verb) {
      case 'ping':
        return { now: Date.now() };
      case 'logs':
        return { lines: [`${call.service} says nothing`] };
      case 'plan': {
        const { environment } = call.state;
        const planned = plan(call.state, this.#of(environment));
        return { ...planned, running: this.#running(environment) };
      }
      case 'test':
        return this.#test(call);
      default:
        throw new Error('nothing on paper answers this');
    }
  }
}
