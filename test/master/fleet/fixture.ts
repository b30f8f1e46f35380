// A fleet server with a real store, history and identity behind it, real minions and raw peers in
// front of it. What the rest of the master would do with the news is given by the test.
// Long because it holds both ends: the server, real minions, and peers by hand.

import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { pino, type Logger } from 'pino';
import { WebSocket } from 'ws';
import { EventLog } from '../../../master/eventlog.ts';
import type { FleetHandlers } from '../../../master/fleet/fleet.ts';
import { makeIdentity } from '../../../master/fleet/identity-files.ts';
import { hostKey, identityKey } from '../../../master/fleet/records.ts';
import { startFleet, type FleetOptions, type RunningFleet } from '../../../master/fleet/server.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import type { Store } from '../../../master/store/store.ts';
import type { Identity } from '../../../minion/identity.ts';
import { join } from '../../../minion/join.ts';
import {
  startLink,
  type Link,
  type LinkHandlers,
  type LinkOptions,
  type Outgoing,
} from '../../../minion/link.ts';
import { fingerprintOf, signCsr } from '../../../protocol/identity/authority.ts';
import { keyDigest, keyText, makeKey, publicHalf } from '../../../protocol/identity/keys.ts';
import { signerText } from '../../../protocol/identity/signing.ts';
import type { Desire, FromMaster, FromMinion, Report } from '../../../protocol/messages.ts';
import { socketOptions } from '../../../protocol/session.ts';
import { realWorld, type World } from '../../../protocol/world.ts';
import { parseHostId, type HostId } from '../../../states/ids.ts';

export const hostId = (raw: string): HostId => {
  const id = parseHostId(raw);
  if (id === undefined) throw new Error(`not an id: ${raw}`);
  return id;
};

/** What was told of a host, in order. */
interface Told {
  readonly host: string;
  readonly what: 'hello' | 'report' | 'drift' | 'progress' | 'facts' | 'gone';
  readonly value: unknown;
}

export class FleetFixture {
  readonly dir = mkdtempSync(pathOf(tmpdir(), 'brine-fleet-'));
  readonly logged: Record<string, unknown>[] = [];
  readonly told: Told[] = [];
  readonly log: Logger = pino(
    { level: 'debug' },
    { write: (line: string) => void this.logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  /** Held up or broken by a test. */
  readonly handlers: Partial<FleetHandlers> = {};
  readonly #links: Link[] = [];
  #skewMs = 0;
  readonly world: World = { ...realWorld, now: () => Date.now() + this.#skewMs };
  store!: Store;
  eventlog!: EventLog;
  fleet!: RunningFleet;

  static async start(
    options: Partial<Pick<FleetOptions, 'limits' | 'listen' | 'names'>> = {},
    madeAt: number = Date.now(),
  ): Promise<FleetFixture> {
    const fixture = new FleetFixture();
    await makeIdentity(fixture.dir, { names: ['127.0.0.1', 'localhost'], now: madeAt });
    fixture.store = await openStore(pathOf(fixture.dir, 'store.db'));
    fixture.eventlog = await EventLog.open(fixture.store, fixture.world);
    await fixture.listen(options);
    return fixture;
  }

  /** Also again, on the same port, after {@link RunningFleet.close}. */
  async listen(
    options: Partial<Pick<FleetOptions, 'limits' | 'listen' | 'names'>> = {},
  ): Promise<void> {
    const { dir, store, eventlog, world, log } = this;
    const listen = options.listen ?? { host: '127.0.0.1', port: 0 };
    const handlers = this.#recording();
    const given = { ...options, listen, dir, store, eventlog, world, log, handlers };
    this.fleet = await startFleet(given);
  }

  get url(): string {
    return `wss://127.0.0.1:${this.fleet.address().port}`;
  }

  /** Moves the master's clock. */
  skew(ms: number): void {
    this.#skewMs = ms;
  }

  async token(
    request: { uses?: number; hours?: number; id?: string; labels?: Record<string, string> } = {},
  ): Promise<string> {
    const { uses = 1, hours = 1, labels = {}, id } = request;
    const bound = id === undefined ? {} : { id };
    const asked = { uses, hours, labels, actor: 'ann@desk', ...bound };
    return (await this.fleet.tokens.create(asked)).token;
  }

  /** The directory that `minion join` filled. */
  async join(id: string, token?: string, dir = pathOf(this.dir, `minion-${id}`)): Promise<string> {
    await join({ url: this.url, token: token ?? (await this.token()), id, dir });
    return dir;
  }

  /** A host as if it had joined, without the way through the port. */
  async host(raw: string): Promise<Identity> {
    const id = hostId(raw);
    const key = makeKey();
    const identity = this.identity(id, key);
    const certificate = new X509Certificate(identity.cert);
    const { digest: ca } = this.fleet.identity;
    const record = { fingerprint: fingerprintOf(certificate), key: keyDigest(key), token: '', ca };
    const host = { id, lastSeen: null, joinedAt: 0, version: null, facts: {} };
    await this.store.commit(
      [],
      [
        { put: hostKey(id), value: { ...host, labels: { role: 'app' } } },
        { put: identityKey(id), value: { ...record, expiresAt: 0 } },
      ],
    );
    return identity;
  }

  /** A certificate of our authority, known to the store or not. */
  identity(id: HostId, key: KeyObject = makeKey(), now = Date.now()): Identity {
    const { authority, ca, signing } = this.fleet.identity;
    const cert = signCsr(authority, { publicKey: publicHalf(key), id, now });
    return { id, key: keyText(key), cert, ca, signer: signerText(signing) };
  }

  /** A real minion's link, with what it was told. */
  link(identity: Identity, more: Partial<LinkOptions> = {}): TestLink {
    const made = new TestLink(this.url, identity, this.log, more);
    this.#links.push(made.link);
    return made;
  }

  /** A peer that speaks for itself, well or badly. */
  raw(
    tls: { key?: string; cert?: string; ca: string; localAddress?: string },
    { protocols = ['brine.1'], path = '/link' }: { protocols?: string[]; path?: string } = {},
  ): RawPeer {
    return new RawPeer(
      new WebSocket(`${this.url}${path}`, protocols, { ...socketOptions, ...tls }),
    );
  }

  tellings(host: string, what?: Told['what']): unknown[] {
    return this.told
      .filter((each) => each.host === host && (what === undefined || each.what === what))
      .map(({ value }) => value);
  }

  /** Reasons in the log of both sides. */
  reasons(): string {
    return this.logged.map(({ msg, reason }) => `${String(msg)}: ${String(reason)}`).join('\n');
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
    await this.fleet.close();
    await this.store.close();
    rmSync(this.dir, { recursive: true });
  }

  #recording(): FleetHandlers {
    const tell = (host: HostId, what: Told['what'], value: unknown): void => {
      this.told.push({ host, what, value });
    };
    return {
      onHello: async (host, hello) => {
        tell(host, 'hello', hello);
        await this.handlers.onHello?.(host, hello);
      },
      onReport: async (host, seq, report) => {
        await this.handlers.onReport?.(host, seq, report);
        tell(host, 'report', seq);
      },
      onDrift: async (host, seq, drift) => {
        await this.handlers.onDrift?.(host, seq, drift);
        tell(host, 'drift', seq);
      },
      onProgress: (host, progress) => {
        tell(host, 'progress', progress.detail);
      },
      onFacts: async (host, facts) => {
        await this.handlers.onFacts?.(host, facts);
        tell(host, 'facts', facts);
      },
      onGone: (host, reason) => {
        tell(host, 'gone', reason);
      },
    };
  }
}

export class TestLink {
  readonly link: Link;
  readonly welcomes: unknown[] = [];
  readonly desires: Desire[] = [];
  readonly acks: number[] = [];
  pending: Outgoing[] = [];
  readonly certificates: string[] = [];
  onTrust: LinkHandlers['onTrust'] = () => undefined;
  onCertificate: (certificate: string) => unknown = () => undefined;
  onCall: LinkHandlers['onCall'] = async () => ({ now: 1 });

  constructor(url: string, identity: Identity, log: Logger, more: Partial<LinkOptions>) {
    const handlers: LinkHandlers = {
      onWelcome: (welcome) => void this.welcomes.push(welcome),
      onDesire: (desire) => void this.desires.push(desire),
      onCall: (call, signal, say) => this.onCall(call, signal, say),
      onTrust: (trust) => {
        this.onTrust(trust);
      },
      onCertificate: (certificate) => {
        this.certificates.push(certificate);
        void this.onCertificate(certificate);
      },
      onAck: (seq) => {
        this.acks.push(seq);
        this.pending = this.pending.filter((each) => each.seq > seq);
      },
    };
    const source = {
      hello: () => ({ version: '0.1.0', facts: { os: 'linux', cpus: 2 }, accepted: [] }),
      pending: () => this.pending,
    };
    const limits = { reconnectMsMin: 20, reconnectMsMax: 100, ...more.limits };
    const base = { url, identity, world: realWorld, log, handlers, source };
    this.link = startLink({ ...base, ...more, limits });
  }

  report(seq: number): void {
    this.pending.push({ type: 'report', seq, report: report(seq) });
    this.link.wake();
  }
}

class RawPeer {
  readonly socket: WebSocket;
  readonly received: FromMaster[] = [];
  /** How it ended: `status reason` of a refusal, or `code` and the reason in the bye. */
  readonly ended: Promise<string>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('unexpected-response', (request, response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => {
          resolve(`${response.statusCode ?? 0} ${text}`);
          request.destroy();
        });
      });
      socket.on('error', (error) => {
        resolve(error.message);
      });
      socket.on('close', (code) => {
        const bye = this.received.find((each) => each.type === 'bye');
        resolve(`${code} ${bye?.reason ?? ''}`);
      });
    });
    socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()) as FromMaster);
    });
  }

  async opened(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    return this;
  }

  say(message: FromMinion | Record<string, unknown>): void {
    this.socket.send(JSON.stringify(message));
  }

  hello(): void {
    this.say({ type: 'hello', version: '0.1.0', facts: {}, accepted: [] });
  }
}

export const report = (seq: number): Report => ({
  environment: 'beta' as Report['environment'],
  ...{ generation: seq, mode: 'run', outcome: 'done', now: 'new', reverted: false, writes: 1 },
  ...{ failures: [], running: [], startedAt: 1, endedAt: 2 },
});

export const desire = (generation: number, network = 'net'): Desire => ({
  ...{ type: 'desire', generation, mode: 'run', onFailure: 'rollback' },
  state: {
    ...{ project: 'shop', environment: 'beta', release: '0123abcd', commit: null, network },
    containers: [],
  } as unknown as Desire['state'],
});

export async function until(what: string, check: () => boolean, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
