// The hosts that are linked: one link each, what they tell handled in order, what they are told sent
// on. The handlers hear of a host between its hello and its end, and of nothing else.

import type { KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { Deadlines } from '../../protocol/deadlines.ts';
import { signDesire, signTrust, type Trust } from '../../protocol/identity/signing.ts';
import type { Answer, Call, Desire, Verb } from '../../protocol/messages.ts';
import type { Pulse } from '../../protocol/pulse.ts';
import { FrameTooLarge, type SessionEnd } from '../../protocol/session.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { HostId } from '../../states/ids.ts';
import type { HostRecord } from '../views/hosts.ts';
import { Refusal, type Holder } from './admission.ts';
import type { CallOptions, Fleet, FleetHandlers, Hello } from './fleet.ts';
import { HostLink, type Numbered } from './host-link.ts';
import type { Asked, Renewed } from './renewals.ts';
import { Turns } from './turns.ts';

export interface LinksOptions {
  readonly world: World;
  readonly log: Logger;
  readonly pulse: Pulse;
  readonly handlers: FleetHandlers;
  readonly version: string;
  /** What runs something on the host is signed for it. */
  readonly signing: KeyObject;
  /** Throws a {@link Refusal} where the host is not ours any more. */
  readonly lookUp: (holder: Holder) => Promise<HostRecord>;
  /** The same; a new certificate for a linked host. */
  readonly renew: (holder: Holder, asked: Asked) => Promise<Renewed>;
  /** Undefined where the authority was never changed. */
  readonly trust: () => Trust | undefined;
  /** The connection is one of a linked host from here on. */
  readonly onLinked: (stream: Socket) => void;
}

export class Links implements Fleet {
  readonly #options: LinksOptions;
  /** All of them, also those that have not said hello. */
  readonly #open = new Set<HostLink>();
  readonly #linked = new Map<HostId, HostLink>();
  readonly #turns = new Turns();
  readonly #deadlines: Deadlines;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.world);
  }

  connected(): readonly HostId[] {
    return [...this.#linked.keys()].sort();
  }

  desire(host: HostId, desire: Desire): boolean {
    try {
      const link = this.#linked.get(host);
      if (link === undefined) return false;
      return link.send({ ...desire, signature: signDesire(this.#options.signing, host, desire) });
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error;
      const { environment } = desire.state;
      const message = `what ${host} should run for ${environment} is too large: ${error.message}`;
      throw fault('STATE_INVALID', message, { where: host }, { cause: error });
    }
  }

  async call<V extends Verb>(
    host: HostId,
    call: Extract<Call, { verb: V }>,
    deadlineMs: number,
    options?: CallOptions,
  ): Promise<Answer<V>> {
    const link = this.#linked.get(host);
    if (link === undefined) throw fault('HOSTS_MISSING', `${host} has no link`, { where: host });
    return link.call(call, deadlineMs, options);
  }

  /** A connection whose holder has been admitted. */
  open(holder: Holder, socket: WebSocket, stream: Socket): void {
    const { pulse, handlers, signing } = this.#options;
    const link = new HostLink({
      ...{ holder, socket, stream, pulse, deadlines: this.#deadlines, signing },
      onHello: (opened, hello) => {
        void this.#inTurn(opened, 'hello', () => this.#hello(opened, hello, stream));
      },
      onNews: (opened, news) => {
        void this.#inTurn(opened, news.type, () => this.#news(opened, news));
      },
      onProgress: (opened, { progress }) => {
        if (opened.greeted) handlers.onProgress(holder.host, progress);
      },
      onEnd: (opened, end) => {
        this.#ended(opened, end);
      },
    });
    this.#open.add(link);
  }

  /** Ends every link of a host. */
  disconnect(host: HostId, reason: string): void {
    for (const link of this.#open) if (link.holder.host === host) link.end(reason);
  }

  /** The authorities have changed. */
  tellTrustAll(): void {
    for (const link of this.#linked.values()) this.#tellTrust(link);
  }

  #tellTrust(link: HostLink): void {
    const trust = this.#options.trust();
    if (trust === undefined) return;
    link.send({ type: 'trust', ...trust, signature: signTrust(this.#options.signing, trust) });
  }

  /** A link does not outlive the certificate that it was made with, nor the newest one after it. */
  endExpired(): void {
    const now = this.#options.world.now();
    for (const link of this.#open) {
      if (link.expiresAt <= now) link.end('the certificate has expired and was not renewed');
    }
  }

  /** Also waits for what is being handled. */
  async close(reason: string): Promise<void> {
    const open = [...this.#open];
    for (const link of open) link.end(reason);
    await Promise.all([...open.map(({ closed }) => closed), this.#turns.idle()]);
  }

  /** What one host tells is handled one after the other, also across its links. */
  async #inTurn(link: HostLink, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.#turns.run(link.holder.host, async () => {
        // What is not handled is not acknowledged, and comes again.
        if (!link.ended) await work();
      });
    } catch (error) {
      if (error instanceof Refusal) {
        link.end(error.message);
        return;
      }
      this.#options.log.error({ err: error, host: link.holder.host, what }, 'could not be taken');
      link.end(`the master could not take the ${what}`);
    }
  }

  async #hello(link: HostLink, hello: Hello, stream: Socket): Promise<void> {
    const { handlers, log, lookUp, onLinked, version } = this.#options;
    const { host } = link.holder;
    // Asked once more: a host removed since its connection was admitted is not welcome.
    const { labels } = await lookUp(link.holder);
    if (link.ended) return;
    this.#linked.get(host)?.end('another link of the same host has taken its place');
    this.#linked.set(host, link);
    link.greeted = true;
    onLinked(stream);
    log.info({ host, version: hello.version }, 'linked');
    link.send({ type: 'welcome', version, id: host, labels: { ...labels } });
    this.#tellTrust(link);
    await handlers.onHello(host, hello);
  }

  async #news(link: HostLink, news: Numbered): Promise<void> {
    const { handlers } = this.#options;
    const { host } = link.holder;
    if (news.type === 'report') await handlers.onReport(host, news.seq, news.report);
    else if (news.type === 'drift') await handlers.onDrift(host, news.seq, news.drift);
    else if (news.type === 'facts') await handlers.onFacts(host, news.facts);
    else await this.#renew(link, news);
    link.handled(news);
  }

  async #renew(link: HostLink, asked: Asked): Promise<void> {
    const { certificate, expiresAt } = await this.#options.renew(link.holder, asked);
    link.expiresAt = expiresAt;
    link.send({ type: 'certificate', certificate });
  }

  #ended(link: HostLink, { by, reason }: SessionEnd): void {
    const { handlers, log } = this.#options;
    const { host } = link.holder;
    const words = by === 'peer' ? `the minion says: ${reason}` : reason;
    this.#open.delete(link);
    if (this.#linked.get(host) === link) this.#linked.delete(host);
    log[link.greeted ? 'info' : 'warn']({ host, reason: words }, 'link ended');
    if (link.greeted) handlers.onGone(host, words);
  }
}
