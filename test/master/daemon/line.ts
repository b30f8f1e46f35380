// A whole master with a pipeline beta → gamma → prod, on a bare repository that is fetched and pushed
// to; two hosts on paper, of which one is in beta and prod.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { TokenAnswer } from '../../../master/api/fleet-contract.ts';
import type {
  PipelineView,
  PromotionView,
  StageAnswer,
  StageView,
} from '../../../master/api/pipeline-contract.ts';
import { openClient, type Client } from '../../../master/cli/client.ts';
import { startDaemon, type Daemon } from '../../../master/daemon.ts';
import type { BrineEvent } from '../../../master/events.ts';
import { makeIdentity } from '../../../master/fleet/identity-files.ts';
import { initMaster } from '../../../master/init.ts';
import { join as joinHost } from '../../../minion/join.ts';
import { freePort } from '../../fleet/ports.ts';
import { until, versionsFile } from './fixture.ts';
import { PaperHost } from './host.ts';

const log = pino({ level: process.env['BRINE_LOG'] ?? 'silent' });

export class Line {
  readonly dir = mkdtempSync(join(tmpdir(), 'brine-line-'));
  readonly master = join(this.dir, 'master');
  readonly work = join(this.dir, 'work');
  readonly shared = join(this.dir, 'states.git');
  readonly hosts = new Map<string, PaperHost>();
  readonly client: Client = openClient({ dir: this.master });
  #daemon: Daemon | undefined;

  static async start(
    prod = '{ after: gamma, verify: [smoke] }',
    image = 'registry.example.com/api',
  ): Promise<Line> {
    const line = new Line();
    try {
      await line.#begin(prod, image);
      return line;
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  async open(): Promise<void> {
    this.#daemon = await startDaemon({ dir: this.master, log });
  }

  async reopen(): Promise<void> {
    await this.#daemon?.close();
    await this.open();
  }

  /** Leaves nothing behind, also where a part of it does not end well. */
  async close(): Promise<void> {
    const ends = await Promise.allSettled([...this.hosts.values()].map((host) => host.stop()));
    try {
      await this.#daemon?.close();
    } finally {
      rmSync(this.dir, { recursive: true });
    }
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #begin(prod: string, image: string): Promise<void> {
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.shared]);
    execFileSync('git', ['clone', '--quiet', this.shared, this.work], { stdio: 'ignore' });
    this.commit('The line', {
      'brine.yaml': `project: starfall
images: { api: { repository: ${image} } }
tests: { smoke: { http: "http://\${host.address}:\${service.api.port}/up" } }
pipeline:
  beta: { verify: [smoke] }
  gamma: { after: beta, verify: [smoke] }
  prod: ${prod}
`,
      'services/api.yaml':
        'image: api\nports: ["${vars.port}:8080"]\nrollout: { min_healthy: 0s, progress: 30s }\n',
      'environments/beta.yaml': 'hosts: zone=one\nvars: { port: 18080 }\n',
      'environments/gamma.yaml': 'hosts: zone=two\nvars: { port: 18081 }\n',
      'environments/prod.yaml': 'hosts: zone=one\nvars: { port: 18082 }\n',
    });
    const listen = `127.0.0.1:${await freePort()}`;
    const states = `file://${this.shared}`;
    await initMaster({ dir: this.master, states, api: 'off', listen }, makeIdentity);
    const config = join(this.master, 'master.yaml');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace(/^( +)ref: .*$/m, '$&\n$1poll: 1s'));
    await this.open();
    for (const [id, zone] of [
      ['web-1', 'one'],
      ['web-2', 'two'],
    ] as const) {
      const request = { labels: { zone }, uses: 1, hours: 1, actor: 'ann@desk' };
      const made = await this.client.send<TokenAnswer>('POST', '/v1/tokens', request);
      const dir = join(this.dir, id);
      await joinHost({ url: made.url, token: made.token, id, dir });
      const host = new PaperHost();
      this.hosts.set(id, host);
      await host.start(dir, log);
    }
    await until('the states have been looked at', async () => {
      const { stages } = await this.client.get<PipelineView>('/v1/pipeline');
      return stages.length === 3;
    });
  }

  git(...args: readonly string[]): string {
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    return execFileSync('git', [...who, ...args], { cwd: this.work, stdio: 'pipe' })
      .toString()
      .trim();
  }

  commit(message: string, files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.work, path)), { recursive: true });
      writeFileSync(join(this.work, path), text);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', message);
    this.push();
  }

  pull(): void {
    if (this.git('ls-remote', 'origin', 'main') === '') return;
    this.git('pull', '--quiet', '--rebase', 'origin', 'main');
  }

  push(): void {
    this.pull();
    this.git('push', '--quiet', 'origin', 'HEAD:main');
  }

  /** A person writes the version into the first stage's file. */
  enter(version: number): void {
    this.pull();
    this.commit(`Run api 1.${version}.0 in beta`, { 'versions/beta.yaml': versionsFile(version) });
  }

  /** The master's own commits, from old to new. */
  own(): readonly string[] {
    this.git('fetch', '--quiet', 'origin');
    return this.git('log', '--reverse', '--author=Brine', '--format=%s', 'origin/main')
      .split('\n')
      .filter((line) => line !== '');
  }

  async stage(environment: string): Promise<StageView> {
    const { stages } = await this.client.get<PipelineView>('/v1/pipeline');
    const found = stages.find((each) => each.environment === environment);
    if (found === undefined) throw new Error(`no stage ${environment}`);
    return found;
  }

  async verified(environment: string, version: number): Promise<void> {
    const tag = `1.${version}.0`;
    await until(`${environment} has verified ${tag}`, async () => {
      const { current } = await this.stage(environment);
      return current?.verified === true && current.images[0]?.tag === tag;
    });
  }

  say(environment: string, verb: string, body: object = {}): Promise<StageAnswer> {
    const path = `/v1/environments/${environment}/${verb}`;
    return this.client.send('POST', path, { actor: 'ann@desk', ...body });
  }

  async events(): Promise<readonly BrineEvent[]> {
    return (await this.client.get<{ events: BrineEvent[] }>('/v1/events')).events;
  }

  promotion(id: string): Promise<PromotionView> {
    return this.client.get(`/v1/promotions/${id}`);
  }
}
