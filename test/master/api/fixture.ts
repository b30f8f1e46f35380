// The API server with a real store, history and tokens behind it; what the rest of the master would
// answer is given by the test.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApi, type Api } from '../../../master/api/server.ts';
import type { Services } from '../../../master/api/services.ts';
import { apiTokens } from '../../../master/api/tokens.ts';
import { EventLog } from '../../../master/eventlog.ts';
import type { NewEvent, StreamItem } from '../../../master/events.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import type { Store } from '../../../master/store/store.ts';
import { realWorld } from '../../../protocol/world.ts';

export class Fixture {
  readonly dir = mkdtempSync(join(tmpdir(), 'brine-api-'));
  readonly logged: string[] = [];
  readonly calls: { name: string; args: readonly unknown[] }[] = [];
  /** What the services answer, by name. */
  readonly given: Record<string, (...args: readonly unknown[]) => unknown> = {};
  /** Readers of the stream that are being served. */
  readers = 0;
  clock = Date.now();
  store!: Store;
  log!: EventLog;
  api!: Api;

  static async start(): Promise<Fixture> {
    const fixture = new Fixture();
    fixture.store = await openStore(join(fixture.dir, 'store.db'));
    const world = { ...realWorld, now: () => fixture.clock };
    fixture.log = await EventLog.open(fixture.store, world);
    await fixture.listen();
    return fixture;
  }

  get socket(): string {
    return join(this.dir, 'master.sock');
  }

  get ca(): string {
    return join(this.dir, 'cert.pem');
  }

  async listen(): Promise<void> {
    const [key, certificate] = this.#certificate();
    const sink = { write: (line: string) => void this.logged.push(line) };
    this.api = await startApi({
      services: this.#services(),
      socket: this.socket,
      log: pino({}, sink),
      world: { ...realWorld, now: () => this.clock },
      tls: { listen: { host: '127.0.0.1', port: 0 }, key, certificate },
    });
  }

  get url(): string {
    const address = this.api.address();
    return `https://${address?.host}:${address?.port}`;
  }

  async event(message: string, more: { host?: string } = {}): Promise<void> {
    const event: NewEvent = {
      ...{ kind: 'fleet', what: 'linked', actor: 'master', cause: 'test', message },
      ...more,
    };
    await this.log.commit([], [], [event]);
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.store.close();
    rmSync(this.dir, { recursive: true });
  }

  async *#counted(...args: Parameters<EventLog['subscribe']>): AsyncGenerator<StreamItem> {
    this.readers += 1;
    try {
      yield* this.log.subscribe(...args);
    } finally {
      this.readers -= 1;
    }
  }

  #services(): Services {
    const tokens = apiTokens(this.store, this.log, { ...realWorld, now: () => this.clock });
    const own = {
      events: {
        since: (...args: Parameters<EventLog['since']>) => this.log.since(...args),
        subscribe: (...args: Parameters<EventLog['subscribe']>) => this.#counted(...args),
      },
      apiTokens: () => tokens.list(),
      authenticate: (bearer: string) => tokens.authenticate(bearer),
      createApiToken: (request: Parameters<typeof tokens.create>[0]) => tokens.create(request),
      revokeToken: async (id: string, actor: string) => void (await tokens.revoke(id, actor)),
    };
    return new Proxy(own, {
      get: (target, name: keyof typeof own) =>
        target[name] ??
        (async (...args: readonly unknown[]) => {
          this.calls.push({ name, args });
          return this.given[name]?.(...args);
        }),
    }) as unknown as Services;
  }

  #certificate(): readonly [string, string] {
    const key = join(this.dir, 'key.pem');
    const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const subject = ['-subj', '/CN=master', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', this.ca], {
      stdio: 'ignore',
    });
    return [readFileSync(key, 'utf8'), readFileSync(this.ca, 'utf8')];
  }
}
