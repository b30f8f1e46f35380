// One session with the master, from the minion's hello to its end: what is said in it and in which
// order. That there is a next one is link.ts's part.

import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { isSignedCall, isSignedDesire } from '../protocol/identity/signing.ts';
import { limits } from '../protocol/limits.ts';
import {
  fromMaster,
  fromMinion,
  type Call,
  type Desire,
  type FromMaster,
  type FromMinion,
} from '../protocol/messages.ts';
import type { Pulse } from '../protocol/pulse.ts';
import { FrameTooLarge, Session } from '../protocol/session.ts';
import type { World } from '../protocol/world.ts';
import type { HostId } from '../states/ids.ts';
import { Calls, defect, type Say } from './calls.ts';
import type { Connected } from './connect.ts';
import { Outbox, type Outgoing } from './outbox.ts';

export type Hello = Omit<Extract<FromMinion, { type: 'hello' }>, 'type'>;
type Welcome = Omit<Extract<FromMaster, { type: 'welcome' }>, 'type'>;

export interface LinkHandlers {
  onWelcome(welcome: Welcome): void;
  onDesire(desire: Desire): void;
  /** What it resolves to is the answer; a Fault is one too. The signal fires when nobody waits. */
  onCall(call: Call, signal: AbortSignal, say: Say): Promise<unknown>;
  /** Everything up to and with `seq` need not be pending any more. */
  onAck(seq: number): void;
  /** PEM, as asked for by {@link LinkSession.renew}. */
  onCertificate(certificate: string): void;
  onTrust(trust: Extract<FromMaster, { type: 'trust' }>): void;
}

export interface LinkSource {
  hello(): Hello;
  /** Not yet acknowledged, in order of `seq`. */
  pending(): readonly Outgoing[];
}

interface LinkSessionOptions {
  /** The id that the master must welcome. */
  readonly id: HostId;
  /** Whose signature makes a desire one to obey. */
  readonly signer: KeyObject;
  readonly world: World;
  readonly log: Logger;
  readonly pulse: Pulse;
  readonly handlers: LinkHandlers;
  readonly source: LinkSource;
  readonly onWelcomed: () => void;
}

/** More than this waiting for the network, and progress is no news any more. */
const lossyWaitingBytesMax = limits.frameBytesMax / 4;

export class LinkSession {
  /** The reason, once the connection is closed too. */
  readonly ended: Promise<string>;
  readonly #options: LinkSessionOptions;
  readonly #session: Session<FromMaster, FromMinion>;
  readonly #calls: Calls;
  readonly #outbox: Outbox;
  #welcomed = false;

  constructor({ socket, stream }: Connected, options: LinkSessionOptions) {
    const { world, log, pulse, handlers, source } = options;
    this.#options = options;
    this.#session = new Session({
      ...{ socket, stream, pulse, schema: fromMaster },
      onMessage: (message) => {
        this.#receive(message);
      },
      onEnd: () => {
        this.#calls.cancelAll();
      },
    });
    this.#calls = new Calls({
      ...{ world, log },
      onCall: (call, signal, say) => handlers.onCall(call, signal, say),
      say: (id, lines) => {
        this.sendLossy({ type: 'log', id, lines: [...lines] });
      },
      answer: (id, answer) => {
        this.#send({ type: 'result', id, answer });
      },
    });
    this.#outbox = new Outbox({
      pending: () => source.pending(),
      waiting: () => this.#session.waiting,
      send: (outgoing) => {
        this.#send(outgoing);
      },
      onUnfit: ({ type, seq }, problem) => {
        log.error({ seq, problem }, `a ${type} had to be shortened`);
      },
    });
    this.ended = this.#session.closed.then(({ by, reason }) =>
      by === 'peer' ? `the master says: ${reason}` : reason,
    );
    this.#send({ type: 'hello', ...source.hello() });
  }

  get linked(): boolean {
    return this.#welcomed && !this.#session.ended;
  }

  wake(): void {
    if (this.linked) this.#outbox.pump();
  }

  /** For what may be lost: not sent, and false, while there is no link or much else is waiting. */
  sendLossy(message: Extract<FromMinion, { type: 'progress' | 'facts' | 'log' }>): boolean {
    const fits = this.linked && this.#session.waiting < lossyWaitingBytesMax;
    if (fits) this.#send(message);
    return fits;
  }

  /** False where there is no link now. */
  renew(csr: string, trust: number): boolean {
    if (this.linked) this.#send({ type: 'renew', csr, trust });
    return this.linked;
  }

  end(reason: string): void {
    this.#session.end(reason);
  }

  #receive(message: FromMaster): void {
    const { handlers, id, signer } = this.#options;
    if (message.type === 'welcome') {
      this.#welcome(message);
      return;
    }
    if (!this.#welcomed) {
      this.end(`a ${message.type} came before the welcome`);
      return;
    }
    switch (message.type) {
      case 'desire':
        if (isSignedDesire(signer, id, message)) handlers.onDesire(message);
        else this.end(unsigned('a desired state'));
        break;
      case 'call':
        if (message.call.verb === 'test' && !isSignedCall(signer, id, message)) {
          this.end(unsigned('a test'));
        } else if (!this.#calls.begin(message)) this.end('more calls than were agreed');
        break;
      case 'cancel':
        this.#calls.cancel(message.id);
        break;
      case 'ack':
        this.#outbox.acknowledged(message.seq);
        handlers.onAck(message.seq);
        this.wake();
        break;
      case 'trust':
        handlers.onTrust(message);
        break;
      case 'certificate':
        handlers.onCertificate(message.certificate);
        break;
      case 'bye':
        break; // The session itself has ended with it.
    }
  }

  #welcome({ version, id, labels }: Welcome): void {
    const { id: own, handlers, onWelcomed, log } = this.#options;
    if (this.#welcomed) {
      this.end('a second welcome');
      return;
    }
    if (id !== own) {
      this.end(`the master takes this host for ${id}`);
      return;
    }
    this.#welcomed = true;
    onWelcomed();
    log.info({ master: version }, 'linked to the master');
    handlers.onWelcome({ version, id, labels });
    this.#outbox.pump();
  }

  /** What the master would end the link over is not sent: this side has the defect, and says so. */
  #send(message: FromMinion): void {
    const { log } = this.#options;
    const parsed = fromMinion.safeParse(message);
    if (!parsed.success) {
      log.error({ err: parsed.error, type: message.type }, 'a message of ours is not valid');
      this.#replace(message, 'the answer is not valid');
      return;
    }
    try {
      this.#session.send(message);
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error;
      log.error({ type: message.type, bytes: error.bytes }, 'a message of ours is too large');
      this.#replace(message, error.message);
    }
  }

  /** Whoever waits for a result gets one. */
  #replace(message: FromMinion, problem: string): void {
    if (message.type !== 'result') return;
    const answer = { ok: false, fault: defect(problem) } as const;
    this.#session.send({ type: 'result', id: message.id, answer });
  }
}

const unsigned = (what: string): string =>
  `${what} came that is not signed for this host by the key that its master had when it joined`;
