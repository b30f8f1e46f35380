// Debian's registry program on the bridge's address. It can be stopped and started again on what it
// holds, as an outage does, and told to tell somebody of every push.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, type Running, type SpawnOptions } from './process.ts';

interface RegistryPlace {
  readonly dir: string;
  readonly address: string;
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => Running;
}

/** Whom it tells of every push. */
interface Notified {
  readonly url: string;
  readonly bearer: string;
  /** A PEM file with whom it is to trust. */
  readonly ca: string;
}

export class Registry {
  readonly address: string;
  readonly #place: RegistryPlace;
  #notified: Notified | undefined;
  #process: Running | undefined;

  constructor(place: RegistryPlace) {
    this.#place = place;
    this.address = place.address;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { dir, address, spawn } = this.#place;
    await mkdir(dir, { recursive: true });
    const config = join(dir, 'config.yml');
    await writeFile(
      config,
      `version: 0.1
storage: { filesystem: { rootdirectory: ${dir}/data }, delete: { enabled: true } }
http: { addr: "${address}" }
log: { level: error, accesslog: { disabled: true } }
${this.#notifications()}`,
    );
    const log = join(dir, 'registry.log');
    const env = this.#notified === undefined ? {} : { SSL_CERT_FILE: this.#notified.ca };
    this.#process = spawn('docker-registry', ['serve', config], { log, env });
    for (let turn = 0; turn < 1_000; turn += 1) {
      const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
      if (answer?.ok === true) return;
      await sleep(10);
    }
    throw new Error(`docker-registry does not answer; it says why in ${log}`);
  }

  /** From now on, after a start anew; undefined: nobody. */
  async notify(notified: Notified | undefined): Promise<void> {
    this.#notified = notified;
    await this.stop();
    await this.start();
  }

  #notifications(): string {
    if (this.#notified === undefined) return '';
    const { url, bearer } = this.#notified;
    const headers = `{ Authorization: ["Bearer ${bearer}"] }`;
    const to = `{ name: brine, url: "${url}", headers: ${headers}, timeout: 1s, threshold: 5, backoff: 1s }`;
    return `notifications: { endpoints: [${to}] }\n`;
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    running?.kill('SIGKILL');
    await running?.exited;
  }
}
