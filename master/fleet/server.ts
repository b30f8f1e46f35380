// The fleet's port: TLS 1.3 for everything, a WebSocket for minions whose certificate is known, and
// two answers for those who have none yet.
//
// Long because all that a peer can meet at this port is decided here.

import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { enrolPaths } from '../../protocol/enrol.ts';
import { signerText } from '../../protocol/identity/signing.ts';
import { limits } from '../../protocol/limits.ts';
import { Pulse } from '../../protocol/pulse.ts';
import { socketOptions } from '../../protocol/session.ts';
import type { World } from '../../protocol/world.ts';
import type { HostId } from '../../states/ids.ts';
import { endpointText, type Endpoint } from '../endpoint.ts';
import type { EventLog } from '../eventlog.ts';
import { addressOf, listen } from '../listening.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';
import { commonProtocol, holderOf, hostOf, Refusal } from './admission.ts';
import { Doorway } from './doorway.ts';
import { Enrolment } from './enrolment.ts';
import type { Fleet, FleetHandlers } from './fleet.ts';
import { answer, type HttpOptions } from './http.ts';
import { believedIn, openIdentity, type MasterIdentity } from './identity-files.ts';
import { JoinRequests } from './join-requests.ts';
import { joinTokens, type JoinTokens } from './join-tokens.ts';
import { Links } from './links.ts';
import { LiveIdentity } from './live-identity.ts';
import { Renewals } from './renewals.ts';
import { Rate } from './rate.ts';

export interface FleetOptions {
  readonly listen: Endpoint;
  /** How minions reach it; where it listens, unless said otherwise. */
  readonly address?: Endpoint;
  /** The master's directory, with its identity. */
  readonly dir: string;
  /** What the server's certificate must hold for. */
  readonly names?: readonly string[];
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly log: Logger;
  readonly handlers: FleetHandlers;
  readonly limits?: Partial<FleetLimits>;
}

export type FleetLimits = {
  readonly [
    Name in
      | 'heartbeatMs'
      | 'silentPeerMs'
      | 'handshakeMs'
      | 'unlinkedMax'
      | 'enrolBurst'
      | 'enrolMsEach'
      | 'certificateMs'
  ]: number;
};

export interface RunningFleet extends Fleet {
  readonly tokens: JoinTokens;
  readonly requests: JoinRequests;
  /** Another one after a renewal, or a change of the authority. */
  readonly identity: MasterIdentity;
  /** Told of the one there is, and of each that takes its place. */
  onIdentity(told: (identity: MasterIdentity) => void): void;
  /** Begins to change the authority's key; or ends that, whoever has not followed. */
  rotateCa(actor: string, finish: boolean): Promise<void>;
  /** Undefined where none is under way; else who has not followed yet. */
  rotation(): Promise<readonly string[] | undefined>;
  address(): Endpoint;
  /** Ends the link of a host, as when it is removed. */
  disconnect(host: HostId, reason?: string): void;
  /** Ends the links of those whose certificate has ended; done every now and then by itself. */
  endExpired(): void;
  close(): Promise<void>;
}

/** How often a certificate that holds for a year is looked at. */
const renewalCheckMs = 6 * 3_600_000;
/** How long after its end a certificate may still carry a link. */
const expiryCheckMs = 30_000;
const backlogMax = 1_024;

export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  const { dir, names, world } = options;
  const identity = await openIdentity(dir, { now: world.now(), ...(names && { names }) });
  const server = new FleetServer(options, identity);
  const running = server.running();
  try {
    await server.listen(options.listen);
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

class FleetServer {
  readonly #options: FleetOptions;
  readonly #limits: FleetLimits;
  readonly #identity: LiveIdentity;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #doorway: Doorway;
  readonly #pulse: Pulse;
  readonly #links: Links;
  readonly #tokens: JoinTokens;
  readonly #requests: JoinRequests;
  readonly #refusals: Rate;
  readonly #stop = new AbortController();
  #tellIdentity: (identity: MasterIdentity) => void = () => undefined;

  constructor(options: FleetOptions, identity: MasterIdentity) {
    const { store, eventlog, world, handlers } = options;
    this.#options = options;
    this.#log = options.log.child({ part: 'fleet' });
    const own = (this.#limits = { ...limits, ...options.limits });
    const seconds = Math.ceil(own.handshakeMs / 1_000);
    this.#doorway = new Doorway({ unlinkedMax: own.unlinkedMax, secondsMax: seconds });
    this.#refusals = new Rate(world, { burst: 20, msEach: 1_000, neighboursMax: 1 });
    this.#pulse = new Pulse(world, own);
    const { certificateMs } = own;
    const live = (this.#identity = new LiveIdentity(
      {
        ...{ ...options, log: this.#log, certificateMs },
        onRenewed: (renewed) => {
          this.#show(renewed);
        },
        onTrust: () => {
          this.#links.tellTrustAll();
        },
      },
      identity,
    ));
    const { certify } = live;
    const signer = signerText(identity.signing);
    const base = { store, eventlog, world, certify, signer };
    const renewals = new Renewals(base);
    this.#links = new Links({
      ...{ world, handlers, log: this.#log, pulse: this.#pulse, version: version() },
      signing: identity.signing,
      lookUp: (holder) => renewals.settle(holder),
      renew: async (holder, asked) => {
        const renewed = await renewals.renew(holder, asked);
        void live.finishOnce();
        return renewed;
      },
      trust: () => live.trust(),
      onLinked: (stream) => {
        this.#doorway.leave(stream);
      },
    });
    const url = (): string => `wss://${endpointText(this.#reachable())}`;
    this.#tokens = joinTokens({ store, eventlog, world, digest: () => live.now.digest, url });
    const rateLimits = { burst: own.enrolBurst, msEach: own.enrolMsEach };
    const rate = new Rate(world, { ...rateLimits, neighboursMax: limits.neighboursMax });
    const requests = (this.#requests = new JoinRequests(base));
    const enrolment = new Enrolment({ ...base, tokens: this.#tokens, requests });
    this.#sockets = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, ...socketOptions },
      handleProtocols: (offered) => commonProtocol([...offered].join()),
    });
    this.#server = this.#build({ ca: () => live.now.ca, enrolment, rate, log: this.#log });
  }

  async listen(where: Endpoint): Promise<void> {
    await listen(this.#server, { ...where, backlog: backlogMax });
    void this.#every(1_000, () => {
      this.#doorway.tick();
    });
    void this.#every(expiryCheckMs, () => {
      this.#links.endExpired();
      return this.#identity.finishOnce();
    });
    void this.#every(renewalCheckMs, () => this.#identity.renew());
  }

  running(): RunningFleet {
    const links = this.#links;
    const live = this.#identity;
    return {
      tokens: this.#tokens,
      requests: this.#requests,
      get identity() {
        return live.now;
      },
      onIdentity: (told) => {
        this.#tellIdentity = told;
        told(live.now);
      },
      rotateCa: (actor, finish) => live.rotate(actor, finish),
      rotation: () => live.waiting(),
      address: () => addressOf(this.#server),
      connected: () => links.connected(),
      desire: (host, desire) => links.desire(host, desire),
      call: (host, call, deadlineMs, more) => links.call(host, call, deadlineMs, more),
      disconnect: (host, reason = 'this host was removed from the master') => {
        links.disconnect(host, reason);
      },
      endExpired: () => {
        links.endExpired();
      },
      close: () => this.#close(),
    };
  }

  #build(http: HttpOptions): Server {
    const { handshakeMs } = this.#limits;
    const server = createServer({
      ...secured(this.#identity.now),
      requestCert: true,
      rejectUnauthorized: false, // Decided below, so that a refusal can say why.
      handshakeTimeout: handshakeMs,
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      maxHeaderSize: 8_192,
    });
    server.on('connection', (socket) => {
      this.#doorway.enter(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#log.debug({ err: error }, 'no TLS came about');
      socket.destroy();
    });
    server.on('request', (request, response) => {
      answer(http, request, response).catch((error: unknown) => {
        if (!request.destroyed) this.#log.error({ err: error }, 'a request met a defect');
        response.destroy();
      });
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        this.#refuse(request, socket, error);
      });
    });
    return server;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { store, world } = this.#options;
    if (request.url !== enrolPaths.link) throw new Refusal(404, 'there is nothing here');
    const holder = holderOf(request.socket, this.#identity.believed, world.now());
    commonProtocol(request.headers['sec-websocket-protocol']);
    await hostOf(store, holder);
    if (this.#stop.signal.aborted) throw new Refusal(503, 'the master stops');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      this.#links.open(holder, opened, request.socket);
    });
  }

  /** In the words of HTTP, which the minion logs; here as often as a log can bear. */
  #refuse(request: IncomingMessage, socket: Duplex, error: unknown): void {
    if (!(error instanceof Refusal)) this.#log.error({ err: error }, 'a link met a defect');
    const { status, message } =
      error instanceof Refusal ? error : new Refusal(500, 'the master met a defect of its own');
    const address = request.socket.remoteAddress;
    const level = this.#refusals.take('all') === 0 ? 'warn' : 'debug';
    this.#log[level]({ address, status, reason: message }, 'a link was refused');
    const head = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8`;
    const length = Buffer.byteLength(message);
    socket.end(`${head}\r\nContent-Length: ${length}\r\n\r\n${message}`, () => socket.destroy());
  }

  /** To whoever connects from now on. */
  #show(identity: MasterIdentity): void {
    this.#server.setSecureContext(secured(identity));
    this.#tellIdentity(identity);
  }

  async #every(ms: number, work: () => Promise<void> | void): Promise<void> {
    for (;;) {
      await this.#options.world.sleep(ms, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        await work();
      } catch (error) {
        this.#log.error({ err: error }, 'the fleet’s own upkeep failed');
      }
    }
  }

  #reachable(): Endpoint {
    return this.#options.address ?? addressOf(this.#server);
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await this.#links.close('the master stops');
    await this.#identity.idle();
    this.#doorway.closeAll();
    this.#pulse.close();
    await closed;
  }
}

function secured(identity: MasterIdentity) {
  const { key, certificate: cert } = identity.server;
  return { key, cert, ca: believedIn(identity), minVersion: 'TLSv1.3' } as const;
}
