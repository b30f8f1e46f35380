// The minion's link to its master: it comes back for as long as it is not closed, whatever ended it.

import type { Logger } from 'pino';
import { Fault } from '../states/faults.ts';
import { limits } from '../protocol/limits.ts';
import type { Progress } from '../protocol/messages.ts';
import { Pulse, type PulseLimits } from '../protocol/pulse.ts';
import type { World } from '../protocol/world.ts';
import { connect } from './connect.ts';
import type { Identity } from './identity.ts';
import { signerOf } from './identity.ts';
import { LinkSession, type Hello, type LinkHandlers, type LinkSource } from './link-session.ts';

export type { LinkHandlers, LinkSource } from './link-session.ts';
export type { Outgoing } from './outbox.ts';

export interface LinkOptions {
  /** `wss://host:port` */
  readonly url: string;
  readonly identity: Identity;
  readonly world: World;
  readonly log: Logger;
  readonly handlers: LinkHandlers;
  readonly source: LinkSource;
  readonly limits?: Partial<LinkLimits>;
  /** Subprotocols to offer, best first. */
  readonly protocols?: readonly string[];
}

interface LinkLimits extends PulseLimits {
  readonly handshakeMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

export interface Link {
  /** From the master's welcome until the session ends. */
  readonly linked: boolean;
  /** Something new is pending. */
  wake(): void;
  /** May be lost. */
  progress(progress: Progress): void;
  /** They are also in every hello. False where they were not sent. */
  facts(facts: Hello['facts']): boolean;
  /** Asks for a new certificate; false where there is no link now. */
  renew(csr: string, trust: number): boolean;
  /** The next session begins with this one. */
  use(identity: Identity): void;
  close(): Promise<void>;
}

export const startLink = (options: LinkOptions): Link => new MasterLink(options);

/** A session that lasted this long was a good one, and the next attempt comes soon. */
const steadyMs = 10_000;

class MasterLink implements Link {
  readonly #options: LinkOptions;
  readonly #limits: LinkLimits;
  readonly #pulse: Pulse;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #session: LinkSession | undefined;
  #identity: Identity;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#limits = { ...limits, ...options.limits };
    this.#pulse = new Pulse(options.world, this.#limits);
    this.#running = this.#run();
  }

  get linked(): boolean {
    return this.#session?.linked ?? false;
  }

  wake(): void {
    this.#session?.wake();
  }

  progress(progress: Progress): void {
    this.#session?.sendLossy({ type: 'progress', progress });
  }

  facts(facts: Hello['facts']): boolean {
    return this.#session?.sendLossy({ type: 'facts', facts }) ?? false;
  }

  renew(csr: string, trust: number): boolean {
    return this.#session?.renew(csr, trust) ?? false;
  }

  use(identity: Identity): void {
    this.#identity = identity;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#session?.end('the minion stops');
    await this.#running;
    this.#pulse.close();
  }

  async #run(): Promise<void> {
    const { world, log } = this.#options;
    let told: string | undefined;
    for (let failures = 0; !this.#stop.signal.aborted; failures += 1) {
      const { reason, lastedMs, welcomed } = await this.#attempt();
      if (this.#stop.signal.aborted) return;
      if (lastedMs >= steadyMs) failures = 0;
      if (welcomed) told = undefined;
      const againMs = Math.round(reconnectDelayMs(failures, world.random(), this.#limits));
      // The same words every few seconds help nobody.
      log[reason === told ? 'debug' : 'warn']({ reason, againMs }, 'no link to the master');
      told = reason;
      await world.sleep(againMs, this.#stop.signal).catch(() => undefined);
    }
  }

  /** Resolves when the session has ended, or none came about. */
  async #attempt(): Promise<Attempted> {
    const { url, protocols, world } = this.#options;
    const identity = this.#identity;
    const late = new AbortController();
    const welcomed = new AbortController();
    const reason = `no welcome within ${this.#limits.handshakeMs / 1_000} s`;
    world.sleep(this.#limits.handshakeMs, welcomed.signal).then(
      () => {
        late.abort();
        this.#session?.end(reason);
      },
      () => undefined,
    );
    try {
      const signal = AbortSignal.any([this.#stop.signal, late.signal]);
      const asked = { url, identity, world, signal, ...(protocols && { protocols }) };
      const connected = await connect(asked);
      const began = world.now();
      this.#session = new LinkSession(connected, {
        ...{ ...this.#options, id: identity.id, signer: signerOf(identity), pulse: this.#pulse },
        onWelcomed: () => {
          welcomed.abort();
        },
      });
      if (signal.aborted) this.#session.end(reason);
      const ended = await this.#session.ended;
      const lastedMs = world.now() - began;
      return { reason: ended, lastedMs, welcomed: welcomed.signal.aborted };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const words = late.signal.aborted ? reason : error.data.message;
      return { reason: words, lastedMs: 0, welcomed: false };
    } finally {
      welcomed.abort();
      this.#session = undefined;
    }
  }
}

interface Attempted {
  readonly reason: string;
  readonly lastedMs: number;
  readonly welcomed: boolean;
}

/** Doubles from attempt to attempt; half of it by chance, so that a fleet does not return as one. */
const reconnectDelayMs = (
  failures: number,
  random: number,
  {
    reconnectMsMin,
    reconnectMsMax,
  }: Pick<LinkLimits, 'reconnectMsMin' | 'reconnectMsMax'> = limits,
): number => Math.min(reconnectMsMax, reconnectMsMin * 2 ** failures) * (0.5 + random / 2);
