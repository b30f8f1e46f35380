// A pipeline of three stages with one host each, a build server, and a registry that tells the master of
// pushes. Times are taken as they are heard: when the registry has answered, and when the master tells.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bin, Product, until } from '../e2e/product.ts';
import type { Host } from '../fleet/host.ts';
import { writeContext } from '../fleet/images.ts';
import type { BareHost } from './bare-line.ts';

const stages = ['beta', 'gamma', 'prod'] as const;
const secret = 'a long text that nobody guesses';
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

export class Line {
  readonly #product: Product;
  readonly #builder: Host;
  #events: ChildProcess | undefined;
  #heard: ((at: number) => void) | undefined;

  private constructor(product: Product, builder: Host) {
    this.#product = product;
    this.#builder = builder;
  }

  static async start(): Promise<Line> {
    // The last host builds, so that no other one has an image before it pulls.
    const product = await Product.start(stages.length + 1, {
      ...{ remote: true, api: true },
      config: (text) =>
        `${text}registries: { poll: 24h }\n` +
        `hooks: { registry: { kind: distribution, secret: "${secret}" } }\n`,
    });
    const builder = product.fleet.hosts.at(-1);
    if (builder === undefined) throw new Error('there is no host');
    const line = new Line(product, builder);
    await line.#prepare();
    return line;
  }

  async close(): Promise<void> {
    this.#events?.kill();
    await this.#product.close();
  }

  get hosts(): readonly BareHost[] {
    return stages.flatMap((stage, index) => {
      const host = this.#product.fleet.hosts[index];
      if (host === undefined) return [];
      const { dockerHost, address } = host;
      const socket = dockerHost.slice('unix://'.length);
      return [{ socket, address, network: `starfall-${stage}` }];
    });
  }

  repository(name: string): string {
    return `${this.#product.fleet.registryAddress}/${name}`;
  }

  /** An image that nobody has, a layer of its own in it; answers with when the registry accepted it. */
  async push(name: string, tag: string): Promise<number> {
    const dir = await mkdtemp(join(this.#builder.dir, 'image-'));
    await writeContext(dir, { version: tag, behaviour: 'good' });
    await writeFile(join(dir, 'root/build'), `${name} ${tag}\n`);
    const staged = `${this.repository('staged')}:${name}-${tag}`;
    await this.#builder.docker('build', '--quiet', '--tag', staged, dir);
    await this.#builder.docker('push', '--quiet', staged);
    await rm(dir, { recursive: true });
    return this.#accept(name, tag, `${name}-${tag}`);
  }

  /** When the next host of prod is healthy, from now on. */
  healthyInProd(): Promise<number> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    await until('prod is verified', async () => {
      const { out } = await this.#product.master('explain', 'prod', '--json');
      return (JSON.parse(out) as { state: string }).state === 'idle';
    });
  }

  /** What a push ends with: its layers are there, and the manifest makes an image of them. */
  async #accept(name: string, tag: string, staged: string): Promise<number> {
    const registry = `http://${this.#product.fleet.registryAddress}/v2`;
    const manifest = await fetch(`${registry}/staged/manifests/${staged}`, {
      headers: { accept: manifestType },
    });
    const text = await manifest.text();
    const { config, layers } = JSON.parse(text) as {
      config: { digest: string };
      layers: readonly { digest: string }[];
    };
    for (const { digest } of [config, ...layers]) {
      const mount = `${registry}/${name}/blobs/uploads/?mount=${digest}&from=staged`;
      await fetch(mount, { method: 'POST' });
    }
    const accepted = await fetch(`${registry}/${name}/manifests/${tag}`, {
      ...{ method: 'PUT', headers: { 'content-type': manifestType }, body: text },
    });
    const at = performance.now();
    if (accepted.status !== 201) throw new Error(`the registry answers ${accepted.status}`);
    return at;
  }

  async #prepare(): Promise<void> {
    const { fleet, masterDir, apiAddress } = this.#product;
    await fleet.registry.notify({
      ...{ url: `https://${apiAddress}/v1/hooks/registry`, bearer: secret },
      ca: join(masterDir, 'ca.pem'),
    });
    await this.#product.commit('Three stages', statesOf(fleet.registryAddress));
    await this.#product.push();
    for (const [index, stage] of stages.entries()) {
      const host = fleet.hosts[index];
      if (host !== undefined) await this.#product.join([host], [`ring=${stage}`]);
    }
    await until('all are linked', async () => (await this.#product.master('ping')).code === 0);
    // Whoever asks for a plan has the states read; the first hint finds an image to look for then.
    await this.#product.master('plan', 'beta');
    this.#listen();
  }

  #listen(): void {
    const args = ['events', '--follow', '--json', '--dir', this.#product.masterDir];
    this.#events = spawn(bin('master'), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    if (this.#events.stdout === null) throw new Error('there is no output');
    createInterface({ input: this.#events.stdout }).on('line', (text) => {
      const at = performance.now();
      const event = JSON.parse(text) as { kind: string; phase?: string; environment?: string };
      const { kind, phase, environment } = event;
      if (kind === 'host' && phase === 'done' && environment === 'prod') this.#heard?.(at);
    });
  }
}

function statesOf(registry: string): Record<string, string> {
  const environments = stages.map(
    (stage) => [`environments/${stage}.yaml`, `hosts: ring=${stage}\n`] as const,
  );
  return {
    'brine.yaml': `project: starfall
registries: { "${registry}": { insecure: true } }
images: { api: { repository: "${registry}/api", track: { semver: ">=1.0.0" } } }
tests: { up: { http: "http://\${host.address}:\${service.api.port}/up", on: each-host } }
pipeline:
  beta: { verify: [up] }
  gamma: { after: beta, verify: [up] }
  prod: { after: gamma, verify: [up] }
`,
    'services/api.yaml': `image: api
ports: ["18080:8080"]
healthcheck: { http: /up, interval: 200ms, timeout: 2s, start: 20s }
stop: { timeout: 5s }
rollout: { min_healthy: 1s }
`,
    ...Object.fromEntries(environments),
  };
}
