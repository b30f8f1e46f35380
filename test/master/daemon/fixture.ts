// A whole master on a states repository in git, asked over its socket as the command line does, with
// hosts that joined through its port.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type {
  ApplyAnswer,
  PlanView,
  RolloutView,
  StatusView,
} from '../../../master/api/contract.ts';
import type { TokenAnswer } from '../../../master/api/fleet-contract.ts';
import { openClient, type Client } from '../../../master/cli/client.ts';
import { startDaemon, type Daemon } from '../../../master/daemon.ts';
import { makeIdentity } from '../../../master/fleet/identity-files.ts';
import { initMaster } from '../../../master/init.ts';
import { join as joinHost } from '../../../minion/join.ts';
import { freePort } from '../../fleet/ports.ts';
import { digest } from '../../states/fixture.ts';
import { PaperHost } from './host.ts';

interface Wanted {
  readonly version: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly rollout?: string;
  readonly port?: number;
  readonly targets?: string;
}

const log = pino({ level: process.env['BRINE_LOG'] ?? 'silent' });

export class MasterFixture {
  readonly dir = mkdtempSync(join(tmpdir(), 'brine-daemon-'));
  readonly hosts = new Map<string, PaperHost>();
  readonly client: Client = openClient({ dir: join(this.dir, 'master') });
  daemon!: Daemon;

  /** Its API on the socket only, unless a port is said. */
  static async start(api = 'off'): Promise<MasterFixture> {
    const fixture = new MasterFixture();
    fixture.git('init', '--quiet', '--initial-branch=main', fixture.states);
    await initMaster(
      {
        ...{ dir: fixture.masterDir, states: fixture.states, api },
        ...{ listen: `127.0.0.1:${await freePort()}` },
      },
      makeIdentity,
    );
    await fixture.startMaster();
    return fixture;
  }

  get states(): string {
    return join(this.dir, 'states');
  }

  get masterDir(): string {
    return join(this.dir, 'master');
  }

  async startMaster(): Promise<void> {
    this.daemon = await startDaemon({ dir: this.masterDir, log });
  }

  git(...args: readonly string[]): void {
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    execFileSync('git', [...who, ...args], {
      cwd: args[0] === 'init' ? this.dir : this.states,
    });
  }

  commit(message: string, files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.states, path)), { recursive: true });
      writeFileSync(join(this.states, path), text);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', message);
  }

  /** Service `api` in beta, and in prod on other labels. */
  want({ version, env = {}, rollout, port = 18_080, targets = 'role=app' }: Wanted): void {
    this.commit(`Run api 1.${version}.0`, {
      'brine.yaml':
        'project: starfall\nimages: { api: { repository: registry.example.com/api } }\n',
      'services/api.yaml': [
        ...['image: api', `targets: ${targets}`, `ports: ["${port}:8080"]`],
        `env: ${JSON.stringify({ GREETING: 'hello', ...env })}`,
        'healthcheck: { http: /up }',
        `rollout: ${rollout ?? '{ batch: 1, min_healthy: 0s, progress: 30s }'}`,
        '',
      ].join('\n'),
      'environments/beta.yaml': 'hosts: ring=beta\n',
      'versions/beta.yaml': versionsFile(version),
    });
  }

  async join(id: string, labels: Readonly<Record<string, string>> = both): Promise<PaperHost> {
    const request = { labels, uses: 1, hours: 1, actor: 'ann@desk' };
    const made = await this.client.send<TokenAnswer>('POST', '/v1/tokens', request);
    const dir = join(this.dir, id);
    await joinHost({ url: made.url, token: made.token, id, dir });
    const host = new PaperHost();
    this.hosts.set(id, host);
    await this.link(id);
    return host;
  }

  async link(id: string): Promise<void> {
    const host = this.hosts.get(id);
    await host?.start(join(this.dir, id), log);
    await until(
      `${id} is linked`,
      async () => (await this.status()).hosts.online > 0 && this.online(id),
    );
  }

  async unlink(id: string): Promise<void> {
    await this.hosts.get(id)?.stop();
    await until(`${id} is gone`, async () => !(await this.online(id)));
  }

  async online(id: string): Promise<boolean> {
    const { hosts } = await this.client.get<{ hosts: { id: string; online: boolean }[] }>(
      '/v1/hosts',
    );
    return hosts.some((host) => host.id === id && host.online);
  }

  plan(hosts?: string): Promise<PlanView> {
    return this.client.send('POST', '/v1/plan', { environment: 'beta', ...(hosts && { hosts }) });
  }

  apply(hosts?: string): Promise<ApplyAnswer> {
    const body = { environment: 'beta', actor: 'ann@desk', ...(hosts && { hosts }) };
    return this.client.send('POST', '/v1/apply', body);
  }

  rollback(release?: string): Promise<ApplyAnswer> {
    const body = { environment: 'beta', actor: 'ann@desk', ...(release && { release }) };
    return this.client.send('POST', '/v1/rollback', body);
  }

  async applied(hosts?: string): Promise<RolloutView> {
    return this.ended((await this.apply(hosts)).rollout?.id ?? 'none');
  }

  async ended(id: string): Promise<RolloutView> {
    let view: RolloutView | undefined;
    await until(`${id} is over`, async () => {
      view = await this.client.get<RolloutView>(`/v1/rollouts/${id}`);
      return view.endedAt !== null;
    });
    if (view === undefined) throw new Error(id);
    return view;
  }

  status(environment?: string): Promise<StatusView> {
    return this.client.get(
      environment === undefined ? '/v1/status' : `/v1/status?environment=${environment}`,
    );
  }

  tags(): readonly (readonly string[])[] {
    return [...this.hosts.values()].map((host) => host.tags());
  }

  async close(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.stop()));
    await this.daemon.close();
    rmSync(this.dir, { recursive: true });
  }
}

const both = { role: 'app', ring: 'beta' };

export const versionsFile = (version: number): string =>
  `images:\n  api: { tag: "1.${version}.0", digest: "${digest(version)}" }\n`;

export async function until(
  what: string,
  check: () => Promise<boolean>,
  ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
