// A small company: four hosts, of which beta and prod share two, a build server, a registry that tells
// the master of every push, and the states of examples/pipeline in a repository that people push to.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineView, ReleaseView, StageView } from '../../master/api/pipeline-contract.ts';
import type { Host } from '../fleet/fleet.ts';
import { Application, type Code } from './application.ts';
import { Product, until } from './product.ts';

const examples = join(import.meta.dirname, '../../examples/pipeline');
const secret = 'a long text that nobody guesses';

const ports = { beta: 18080, gamma: 18081, prod: 8080 } as const;
type StageName = keyof typeof ports;

/** Which hosts run what, by their number. */
const labels: readonly (readonly string[])[] = [
  ['role=app', 'beta=yes', 'prod=yes'],
  ['role=app', 'beta=yes', 'prod=yes'],
  ['role=app', 'gamma=yes'],
  ['role=app', 'prod=yes'],
];

/** A commit of the states, with its trailers. */
interface Told {
  readonly author: string;
  readonly subject: string;
  readonly promotion: string;
  readonly release: string;
  readonly cause: string;
  readonly actor: string;
}

export class Company {
  readonly product: Product;
  readonly application: Application;

  private constructor(product: Product, application: Application) {
    this.product = product;
    this.application = application;
  }

  static async start(): Promise<Company> {
    const product = await Product.start(labels.length + 1, {
      ...{ remote: true, api: true },
      // The registry is asked so seldom that what comes must have come by the hook.
      config: (text) =>
        `${text.replace('states:\n', 'states:\n  poll: 1s\n')}registries: { poll: 24h }\n` +
        `hooks: { registry: { kind: distribution, secret: "${secret}" } }\n`,
    });
    const repository = `${product.fleet.registryAddress}/api`;
    const builder = hostOf(product, labels.length);
    const place = join(product.dir, 'app');
    const company = new Company(product, await Application.create(place, builder, repository));
    await company.notify(true);
    await product.commit('Run the api in three stages', await company.#states());
    await product.push();
    for (const [index, given] of labels.entries()) {
      await product.join([hostOf(product, index)], given, ['test:container']);
    }
    await until('all minions are linked', async () => (await product.master('ping')).code === 0);
    return company;
  }

  close(): Promise<void> {
    return this.product.close();
  }

  /** Whether the registry tells the master of pushes. */
  notify(on: boolean): Promise<void> {
    const { fleet, apiAddress, masterDir } = this.product;
    const url = `https://${apiAddress}/v1/hooks/registry`;
    const ca = join(masterDir, 'ca.pem');
    return fleet.registry.notify(on ? { url, bearer: secret, ca } : undefined);
  }

  /** Pushes code, and answers with what has become of it: its commit and its release. */
  async push(code: Code): Promise<{ readonly commit: string; readonly release: ReleaseView }> {
    const { commit } = await this.application.push(code);
    const found: ReleaseView[] = [];
    await until(`${code.version} is a release`, async () => {
      const { releases } = await this.json<{ releases: readonly ReleaseView[] }>('releases');
      found.push(...releases.filter(({ images }) => images[0]?.tag === code.version));
      return found.length > 0;
    });
    const [release] = found;
    if (release === undefined) throw new Error('unreachable');
    return { commit, release };
  }

  async stage(name: StageName): Promise<StageView> {
    const { pipeline } = await this.json<{ pipeline: PipelineView }>('status');
    const stage = pipeline.stages.find(({ environment }) => environment === name);
    if (stage === undefined) throw new Error(`there is no stage ${name}`);
    return stage;
  }

  /** Resolves when the release runs there, verified, and nothing is under way. */
  async verified(release: string, name: StageName): Promise<void> {
    await this.until(`${release} is verified in ${name}`, name, ({ current, active }) => {
      return current?.release === release && current.verified && active === null;
    });
  }

  until(what: string, name: StageName, holds: (stage: StageView) => boolean): Promise<void> {
    return until(what, async () => holds(await this.stage(name)), 90_000);
  }

  /** What people see, as text. */
  async says(...args: string[]): Promise<string> {
    const { code, out, err } = await this.product.master(...args);
    if (code !== 0) throw new Error(`master ${args.join(' ')}: ${code} ${out}${err}`);
    return out;
  }

  /** Digests of what really runs there, by the word of each host's own Engine. */
  async running(name: StageName): Promise<Record<string, readonly string[]>> {
    const hosts = this.product.fleet.hosts.map(async (host) => {
      const ids = await lines(host, 'ps', '--quiet', '--filter', `label=brine.env=${name}`);
      const digests = ids.map((id) => digestOf(host, id));
      return [host.name, await Promise.all(digests)] as const;
    });
    return Object.fromEntries((await Promise.all(hosts)).filter(([, digests]) => digests.length));
  }

  /** What the hosts of a stage answer, in the order of their numbers. */
  async answers(name: StageName): Promise<readonly string[]> {
    const answers = await this.product.served(ports[name]);
    return answers.filter((answer) => answer !== undefined);
  }

  /** The master's own commits since a commit of people, oldest first. */
  async story(since: string): Promise<readonly Told[]> {
    await this.product.pull();
    const trailers = ['Promotion', 'Release', 'Cause', 'Actor']
      .map((name) => `%(trailers:key=Brine-${name},valueonly,separator=%x2C)`)
      .join('%x00');
    const format = `--format=%an%x00%s%x00${trailers}`;
    const log = await this.product.git('log', '--reverse', format, `${since}..HEAD`);
    const told = log.out.split('\n').filter((line) => line !== '');
    return told.map((line) => {
      const [author = '', subject = '', promotion = '', release = '', ...rest] = line.split('\0');
      const [cause = '', actor = ''] = rest;
      // The line's own name stands behind it, so that two masters never mean the same commit.
      return { author, subject, promotion: promotion.replace(/\..*/, ''), release, cause, actor };
    });
  }

  /** The newest commits of the states, in git's words. */
  async log(format: string, count: number): Promise<string> {
    await this.product.pull();
    return (await this.product.git('log', `-${count}`, `--format=${format}`)).out.trim();
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.says(...args, '--json')) as T;
  }

  /** examples/pipeline as it stands, but for the registry and for waits that nobody here can sit out. */
  async #states(): Promise<Record<string, string>> {
    const paths = await readdir(examples, { recursive: true });
    const files = paths.filter((path) => path.endsWith('.yaml'));
    const texts = files.map(async (path) => {
      const text = await readFile(join(examples, path), 'utf8');
      const own = text
        .replaceAll('registry.example.com', this.product.fleet.registryAddress)
        .replace(/("?)([0-9.]+:5000)\1: \{ insecure: false \}/, '"$2": { insecure: true }')
        .replace('soak: 30m', 'soak: 3s')
        .replace('min_healthy: 10s', 'min_healthy: 1s');
      return [path, own] as const;
    });
    return Object.fromEntries(await Promise.all(texts));
  }
}

function hostOf({ fleet }: Product, index: number): Host {
  const host = fleet.hosts[index];
  if (host === undefined) throw new Error(`there is no host ${index + 1}`);
  return host;
}

async function lines(host: Host, ...args: readonly string[]): Promise<readonly string[]> {
  return (await host.docker(...args)).split('\n').filter((line) => line !== '');
}

async function digestOf(host: Host, container: string): Promise<string> {
  const [image = ''] = await lines(host, 'inspect', '--format', '{{.Image}}', container);
  const format = '{{range .RepoDigests}}{{println .}}{{end}}';
  const [digest = ''] = await lines(host, 'image', 'inspect', '--format', format, image);
  return digest.replace(/^.*@/, '');
}
