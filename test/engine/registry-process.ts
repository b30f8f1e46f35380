// Debian's registry program as a process of its own, and an image pushed into it through its API.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../fleet/ports.ts';

export class RegistryProcess {
  readonly dir: string;
  readonly address: string;
  readonly #auth: string;
  #child: ChildProcess | undefined;

  private constructor(dir: string, address: string, auth: string) {
    this.dir = dir;
    this.address = address;
    this.#auth = auth;
  }

  /** `auth` is the registry's own configuration of that name, given its directory. */
  static async start(auth: (dir: string) => string = () => ''): Promise<RegistryProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'brine-registry-'));
    const registry = new RegistryProcess(dir, `127.0.0.1:${await freePort()}`, auth(dir));
    await registry.start().catch(async (error: unknown) => {
      await registry.close();
      throw error;
    });
    return registry;
  }

  async start(): Promise<void> {
    const config = `version: 0.1
storage: { filesystem: { rootdirectory: ${this.dir}/data } }
http: { addr: "${this.address}" }
log: { level: error, accesslog: { disabled: true } }
${this.#auth}
`;
    await writeFile(join(this.dir, 'config.yml'), config);
    const args = ['serve', join(this.dir, 'config.yml')];
    this.#child = spawn('docker-registry', args, { stdio: 'ignore' });
    for (let turn = 0; turn < 200; turn += 1) {
      if ((await fetch(`http://${this.address}/v2/`).catch(() => undefined)) !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('docker-registry does not answer');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** An image without layers; answers the digest that the bytes have. */
  async push(
    repository: string,
    tag: string,
    headers: Readonly<Record<string, string>> = {},
    more: { readonly created?: string; readonly labels?: Record<string, string> } = {},
  ): Promise<string> {
    const { created, labels } = more;
    const config = Buffer.from(
      JSON.stringify({
        ...{ architecture: 'amd64', os: 'linux', tag, created },
        config: { Labels: labels ?? null },
      }),
    );
    const base = `http://${this.address}/v2/${repository}`;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers });
    const upload = new URL(begun.headers.get('location') ?? '', base);
    upload.searchParams.set('digest', digestOf(config));
    await fetch(upload.href, { method: 'PUT', body: config, headers });
    const mediaType = 'application/vnd.docker.container.image.v1+json';
    return this.pushManifest(repository, tag, {
      headers,
      manifest: {
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType, size: config.length, digest: digestOf(config) },
        layers: [],
      },
    });
  }

  /** As it is given; its media type goes into the header too. */
  async pushManifest(
    repository: string,
    tag: string,
    what: {
      readonly manifest: { readonly mediaType: string } & Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<string> {
    const bytes = Buffer.from(JSON.stringify(what.manifest));
    const put = await fetch(`http://${this.address}/v2/${repository}/manifests/${tag}`, {
      method: 'PUT',
      body: bytes,
      headers: { ...what.headers, 'content-type': what.manifest.mediaType },
    });
    if (put.status !== 201) throw new Error(`push: ${put.status} ${await put.text()}`);
    return digestOf(bytes);
  }
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
