// The master's end of one host's link: in which order things may be said, and what is told onwards.

import type { KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { limits } from '../../protocol/limits.ts';
import {
  fromMinion,
  type Answer,
  type Call,
  type FromMaster,
  type FromMinion,
  type Verb,
} from '../../protocol/messages.ts';
import type { Pulse } from '../../protocol/pulse.ts';
import { Session, type SessionEnd } from '../../protocol/session.ts';
import type { Deadlines } from '../../protocol/deadlines.ts';
import type { Holder } from './admission.ts';
import { Calls, type CallOptions } from './calls.ts';
import type { Hello } from './fleet.ts';

/** What is handled in its turn, and counts until it is. */
export type Numbered = Extract<FromMinion, { type: 'report' | 'drift' | 'facts' | 'renew' }>;

export interface HostLinkOptions {
  readonly holder: Holder;
  readonly socket: WebSocket;
  readonly stream: Duplex;
  readonly pulse: Pulse;
  readonly deadlines: Deadlines;
  readonly signing: KeyObject;
  readonly onHello: (link: HostLink, hello: Hello) => void;
  /** In the order of arrival; {@link HostLink.handled} is due for each. */
  readonly onNews: (link: HostLink, news: Numbered) => void;
  readonly onProgress: (link: HostLink, message: Extract<FromMinion, { type: 'progress' }>) => void;
  readonly onEnd: (link: HostLink, end: SessionEnd) => void;
}

/** Facts are not acknowledged, so a few may be under way besides the reports. */
const newsOpenMax = limits.reportsInFlightMax + 16;

export class HostLink {
  readonly holder: Holder;
  readonly closed: Promise<unknown>;
  /** The handlers know of it; they are owed its end. */
  greeted = false;
  /** Of the newest certificate that it was given. */
  expiresAt: number;
  readonly #options: HostLinkOptions;
  readonly #session: Session<FromMinion, FromMaster>;
  readonly #calls: Calls;
  #saidHello = false;
  #newsOpen = 0;

  constructor(options: HostLinkOptions) {
    const { holder, socket, stream, pulse, deadlines, signing, onEnd } = options;
    this.#options = options;
    this.holder = holder;
    this.expiresAt = holder.expiresAt;
    this.#session = new Session({
      ...{ socket, stream, pulse, schema: fromMinion },
      onMessage: (message) => {
        this.#receive(message);
      },
      onEnd: (end) => {
        this.#calls.fail(end.reason);
        onEnd(this, end);
      },
    });
    this.#calls = new Calls({
      host: holder.host,
      ...{ deadlines, signing },
      send: (message) => this.send(message),
    });
    this.closed = this.#session.closed;
  }

  get ended(): boolean {
    return this.#session.ended;
  }

  /** False where the link has ended; throws {@link FrameTooLarge}. */
  send(message: FromMaster): boolean {
    return this.#session.send(message);
  }

  call<V extends Verb>(
    call: Extract<Call, { verb: V }>,
    deadlineMs: number,
    options?: CallOptions,
  ): Promise<Answer<V>> {
    return this.#calls.ask(call, deadlineMs, options);
  }

  /** What was told is safe now. */
  handled(news: Numbered): void {
    this.#newsOpen -= 1;
    if (news.type === 'report' || news.type === 'drift') this.send({ type: 'ack', seq: news.seq });
  }

  end(reason: string): void {
    this.#session.end(reason);
  }

  #receive(message: FromMinion): void {
    if (message.type === 'hello') {
      if (this.#saidHello) {
        this.end('a second hello');
        return;
      }
      this.#saidHello = true;
      const { version, facts, accepted } = message;
      this.#options.onHello(this, { version, facts, accepted });
      return;
    }
    if (!this.#saidHello) {
      this.end(`a ${message.type} came before the hello`);
      return;
    }
    switch (message.type) {
      case 'progress':
        this.#options.onProgress(this, message);
        break;
      case 'report':
      case 'drift':
      case 'facts':
      case 'renew':
        this.#newsOpen += 1;
        if (this.#newsOpen > newsOpenMax) this.end('more was sent than can be acknowledged');
        else this.#options.onNews(this, message);
        break;
      case 'result':
        if (!this.#calls.settle(message.id, message.answer)) {
          this.end('an answer that does not fit its question');
        }
        break;
      case 'log':
        this.#calls.said(message.id, message.lines);
        break;
      case 'bye':
        break; // The session itself has ended with it.
    }
  }
}
