// A line beta → gamma → prod whose master is a process of its own, to be killed: real SQLite, real git,
// a real registry that is polled, and two hosts on paper behind real links. What it was before the
// first release is kept, so that every life begins alike.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { Routes } from '../../../master/api/contract.ts';
import type { TokenAnswer } from '../../../master/api/fleet-contract.ts';
import type { PipelineView, PromotionView } from '../../../master/api/pipeline-contract.ts';
import { openClient } from '../../../master/cli/client.ts';
import { makeIdentity } from '../../../master/fleet/identity-files.ts';
import { initMaster } from '../../../master/init.ts';
import { join as joinHost } from '../../../minion/join.ts';
import { Fault } from '../../../states/faults.ts';
import { freePort } from '../../fleet/ports.ts';
import { until } from '../daemon/fixture.ts';
import { PaperHost } from '../daemon/host.ts';

/** The nth commit to the store, and whether it is still written. */
export interface Death {
  readonly moment: 'before' | 'after';
  readonly commit: number;
}

/** Everything that must be as if nobody had been killed. */
export interface Story {
  readonly files: Readonly<Record<string, string>>;
  readonly commits: readonly string[];
  readonly promotions: readonly object[];
  readonly rollouts: readonly (readonly string[])[];
  readonly runs: readonly (readonly string[])[];
}

const environments = ['beta', 'gamma', 'prod'] as const;
const hosts = { 'web-1': 'one', 'web-2': 'two' } as const;
const log = pino({ level: 'silent' });

export class MortalLine {
  readonly #dir = mkdtempSync(join(tmpdir(), 'brine-mortal-'));
  readonly #live = join(this.#dir, 'live');
  readonly #master = join(this.#live, 'master');
  readonly #client = openClient({ dir: this.#master });
  #process: ChildProcess | undefined;
  #ended: Promise<NodeJS.Signals | null> = Promise.resolve(null);
  #hosts = new Map<string, PaperHost>();

  /** `image` is followed; it must not be there before this has resolved. */
  static async make(image: string): Promise<MortalLine> {
    const line = new MortalLine();
    try {
      await line.#make(image);
      return line;
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** The whole way of a release, and whether the master died on it. */
  async live(death?: Death): Promise<{ readonly story: Story; readonly died: boolean }> {
    rmSync(this.#live, { recursive: true });
    cpSync(join(this.#dir, 'before'), this.#live, { recursive: true });
    this.#hosts = new Map(Object.keys(hosts).map((id) => [id, new PaperHost()]));
    try {
      this.#begin(death);
      for (const [id, host] of this.#hosts) await host.start(join(this.#dir, id), log);
      const died = await Promise.race([
        this.#ended.then(() => true),
        this.#over().then(() => false),
      ]);
      if (died) {
        if ((await this.#ended) !== 'SIGKILL') throw new Error('the master ended by itself');
        this.#begin();
        await this.#over();
      }
      return { story: await this.#story(), died };
    } finally {
      await this.#kill();
      await Promise.all([...this.#hosts.values()].map((host) => host.stop()));
    }
  }

  async close(): Promise<void> {
    try {
      await this.#kill();
    } finally {
      rmSync(this.#dir, { recursive: true });
    }
  }

  async #make(image: string): Promise<void> {
    mkdirSync(this.#live);
    this.#writeStates(image);
    const listen = `127.0.0.1:${await freePort()}`;
    const states = `file://${this.#live}/states.git`;
    await initMaster({ dir: this.#master, states, api: 'off', listen }, makeIdentity);
    const config = join(this.#master, 'master.yaml');
    const text = readFileSync(config, 'utf8').replace(/^( +)ref: .*$/m, '$&\n$1poll: 1s');
    writeFileSync(config, `${text}registries: { poll: 1s }\n`);
    this.#begin();
    await until('the states are known', async () => (await this.#stages()).length === 3, 60_000);
    for (const [id, zone] of Object.entries(hosts)) {
      const request = { labels: { zone }, uses: 1, hours: 1, actor: 'ann@desk' };
      const made = await this.#client.send<TokenAnswer>('POST', '/v1/tokens', request);
      await joinHost({ url: made.url, token: made.token, id, dir: join(this.#dir, id) });
    }
    await this.#kill();
    cpSync(this.#live, join(this.#dir, 'before'), { recursive: true });
  }

  #begin(death?: Death): void {
    const program = join(import.meta.dirname, 'mortal-master.ts');
    const when = death === undefined ? [] : [death.moment, String(death.commit)];
    const child = spawn(process.execPath, [program, this.#master, ...when], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#dir, 'compiled') },
    });
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (_code, signal) => {
        resolve(signal);
      });
    });
  }

  async #kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#ended;
  }

  /** None while the master does not answer. */
  async #stages(): Promise<PipelineView['stages']> {
    try {
      return (await this.#client.get<PipelineView>('/v1/pipeline')).stages;
    } catch (error) {
      if (error instanceof Fault) return [];
      throw error;
    }
  }

  /** Every stage has verified what it runs, and nothing goes on or waits. */
  async #over(): Promise<void> {
    await until(
      'prod has verified the release',
      async () => {
        const stages = await this.#stages();
        return (
          stages.length === environments.length &&
          stages.every(
            ({ current, active, waiting }) =>
              current?.verified === true && active === null && waiting === null,
          )
        );
      },
      120_000,
    );
  }

  async #story(): Promise<Story> {
    const ids = ['p1', 'p2', 'p3', 'p4'];
    const promotions = await Promise.all(ids.map((id) => this.#promotion(id)));
    const rollouts = environments.map(async (environment) =>
      (await this.#client.get<Routes['history']>(`/v1/history/${environment}`)).rollouts.map(
        ({ id, phase, release, cause }) => [id, phase, release, cause].join(' '),
      ),
    );
    const paths = environments.map((environment) => `versions/${environment}.yaml`);
    return {
      files: Object.fromEntries(paths.map((path) => [path, this.#git('show', `main:${path}`)])),
      commits: this.#git('log', '--reverse', '--format=%an: %s', 'main').split('\n'),
      promotions,
      rollouts: await Promise.all(rollouts),
      runs: [...this.#hosts.values()].flatMap((host) => environments.map((env) => host.tags(env))),
    };
  }

  /** With the subject of its commit in the place of the hash, which differs with the time. */
  async #promotion(id: string): Promise<object> {
    const promotion = await this.#client
      .get<PromotionView>(`/v1/promotions/${id}`)
      .catch((error: unknown) => {
        if (error instanceof Fault && error.data.code === 'UNKNOWN_NAME') return undefined;
        throw error;
      });
    if (promotion === undefined) return { id, phase: null };
    const { environment, release, kind, cause, phase, from, tests, rollout, commit } = promotion;
    const verdicts = tests.map(({ test, verdict }) => `${test}: ${verdict ?? ''}`);
    const subject = commit === null ? '' : this.#git('log', '-1', '--format=%s', commit);
    return { id, environment, release, kind, cause, phase, from, rollout, verdicts, subject };
  }

  #git(...args: readonly string[]): string {
    const cwd = join(this.#live, 'states.git');
    return execFileSync('git', args, { cwd, stdio: 'pipe' }).toString().trim();
  }

  #writeStates(image: string): void {
    const work = join(this.#dir, 'work');
    const files = {
      'brine.yaml': `project: starfall
images: { api: { repository: ${image}, track: { semver: ">=1.0.0" } } }
tests: { smoke: { http: "http://\${host.address}:\${service.api.port}/up" } }
pipeline:
  beta: { verify: [smoke] }
  gamma: { after: beta, verify: [smoke] }
  prod: { after: gamma, verify: [smoke] }
`,
      'services/api.yaml':
        'image: api\nports: ["${vars.port}:8080"]\nrollout: { min_healthy: 0s, progress: 30s }\n',
      'environments/beta.yaml': 'hosts: zone=one\nvars: { port: 18080 }\n',
      'environments/gamma.yaml': 'hosts: zone=two\nvars: { port: 18081 }\n',
      'environments/prod.yaml': 'hosts: zone=one\nvars: { port: 18082 }\n',
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', [...who, ...args], { cwd: work, stdio: 'pipe' });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '-m', 'The line');
    git('clone', '--quiet', '--bare', work, join(this.#live, 'states.git'));
  }
}
