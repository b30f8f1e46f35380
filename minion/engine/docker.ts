// The Docker Engine behind the words of engine.ts, spoken to through dockerode; no other file knows
// dockerode. Opening asks nothing of the Engine yet: it may come later, go, and come back.
//
// Long because every verb of the interface stands here, each of a few lines.

import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import { fault, Fault, type FaultData } from '../../states/faults.ts';
import type { ConfigFile, Joined, PinnedImage } from '../../states/model.ts';
import { accessTo } from './access.ts';
import {
  containersAnswer,
  imagesAnswer,
  infoAnswer,
  inspectAnswer,
  networksAnswer,
  volumesAnswer,
} from './answers.ts';
import { archiveBytesMax, fileIn, tarOf } from './archive.ts';
import { bridgesAnswer } from './bridges.ts';
import { Connection, misunderstood, type Job } from './connection.ts';
import { createBody, imageReference, wholeSeconds } from './create-options.ts';
import { dockerHostText, parseDockerHost, type DockerHost } from './docker-host.ts';
import type {
  ContainerDetail,
  Engine,
  EngineContainer,
  EngineEvent,
  EngineImage,
  EngineInfo,
  ExecOptions,
  ExecResult,
  NewContainer,
  PullOptions,
} from './engine.ts';
import {
  containerFault,
  isDockersOwn,
  pullFault,
  stalePort,
  takenPort,
  type Refusal,
} from './errors.ts';
import { eventFilters, readEvents } from './events.ts';
import { runCommand } from './exec.ts';
import { importWithout } from './import-without.ts';
import { LiveLines } from './live-lines.ts';
import { logLines } from './log-frames.ts';
import { followPull } from './pull-stream.ts';
import { refusalOf, unless } from './refusals.ts';
import { chooseVersion } from './version.ts';

/** To build images, to go by SSH and to type into containers: most of dockerode, and never used. */
const leftOut = [
  'dockerode/lib/session.js',
  'docker-modem/lib/ssh.js',
  'docker-modem/lib/http_duplex.js',
  'tar-fs/index.js',
  '@balena/dockerignore/ignore.js',
];

const deadlines = {
  readMs: 30_000,
  /** A new volume is filled from the image before the answer comes. */
  writeMs: 120_000,
  /** Beside the grace of the container itself. */
  stopMs: 30_000,
  /** No container that is waited for is given longer than a day. */
  endMs: 90_000_000,
  /** Between two lines of a pull. */
  pullSilenceMs: 120_000,
} as const;
const removalPollMs = 100;

type Labels = Readonly<Record<string, string>>;

/** `host` is a value of DOCKER_HOST; BAD_USAGE where it makes no sense. */
export async function openEngine(
  options: { readonly host?: string | undefined } = {},
): Promise<Engine> {
  const host = parseDockerHost(options.host ?? process.env.DOCKER_HOST, process.env);
  const { default: Docker } = await importWithout(leftOut, () => import('dockerode'));
  return new DockerEngine(Docker, host);
}

interface Client {
  readonly docker: Dockerode;
  readonly version: string;
}

/** What every question of dockerode takes beside its own. */
interface Asked {
  readonly abortSignal: AbortSignal;
}

class DockerEngine implements Engine {
  readonly #connection: Connection<Client>;
  /** Whether the Engine is on this machine: counts processes as we do, has the same kernel. */
  readonly #local: boolean;

  constructor(Docker: typeof Dockerode, host: DockerHost) {
    const access = accessTo(host);
    const greeter = new Docker(access);
    this.#local = host.kind === 'unix';
    this.#connection = new Connection<Client>({
      where: dockerHostText(host),
      negotiate: async (signal) => {
        const version = chooseVersion(await offeredVersion(greeter, signal));
        return { docker: new Docker({ ...access, version: `v${version}` }), version };
      },
    });
  }

  async info(): Promise<EngineInfo> {
    return this.#connection.call(read('info'), async ({ docker, version }, { signal }) => {
      const raw = await info(docker, { abortSignal: signal });
      return { ...parse(infoAnswer, 'info', raw), apiVersion: version };
    });
  }

  containers(): Promise<readonly EngineContainer[]> {
    return this.#ask('list of containers', containersAnswer, (docker, asked) =>
      docker.listContainers({ all: true, ...asked }),
    );
  }

  images(): Promise<readonly EngineImage[]> {
    return this.#ask('list of images', imagesAnswer, (docker, asked) => docker.listImages(asked));
  }

  networks(): Promise<readonly string[]> {
    return this.#ask('list of networks', networksAnswer, (docker, asked) =>
      docker.listNetworks(asked),
    );
  }

  async ownBridges(): Promise<readonly string[]> {
    if (!this.#local) return [];
    return this.#ask('list of networks', bridgesAnswer, (docker, asked) =>
      docker.listNetworks(asked),
    );
  }

  volumes(): Promise<readonly string[]> {
    return this.#ask('list of volumes', volumesAnswer, (docker, asked) =>
      docker.listVolumes(asked),
    );
  }

  inspect(container: string): Promise<ContainerDetail | undefined> {
    return this.#ask(`inspect ${container}`, inspectAnswer.optional(), (docker, asked) =>
      unless(404, named(docker, container).inspect(asked)),
    );
  }

  async pull(image: PinnedImage, { signal, onProgress }: PullOptions = {}): Promise<void> {
    const reference = imageReference(image);
    if (await this.#hasImage(reference)) return;
    const job: Job = {
      what: `pull ${reference}`,
      ms: deadlines.pullSilenceMs,
      perSign: true,
      signal,
      refused: ({ text }) => pullFault(text, reference),
      late: pullFault('deadline exceeded', reference),
    };
    await this.#connection.call(job, async ({ docker }, { signal: abortSignal, alive }) => {
      const query = { fromImage: image.repository, tag: image.digest };
      const stream = await docker.createImage({ _query: query, _body: {}, abortSignal });
      const failure = await followPull(stream, { onProgress, onLine: alive });
      if (failure !== undefined) throw new Fault(pullFault(failure, reference));
    });
    if (await this.#hasImage(reference)) return;
    throw fault('DOCKER_ERROR', `Docker pulled ${reference}, but does not have it`);
  }

  createNetwork(name: string, labels: Labels): Promise<void> {
    const body = { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: labels };
    return this.#do('create network', name, (docker, asked) =>
      unless(409, docker.createNetwork(given<Dockerode.NetworkCreateOptions>(body, asked))),
    );
  }

  removeNetwork(name: string): Promise<void> {
    return this.#do('remove network', name, (docker, asked) =>
      unless(404, docker.getNetwork(inPath(name)).remove(asked)),
    );
  }

  connect(container: string, { network, aliases }: Joined): Promise<void> {
    const body = { Container: container, EndpointConfig: { Aliases: [...aliases] } };
    return this.#do('connect', container, (docker, asked) =>
      unless(
        /already exists in network/,
        docker
          .getNetwork(inPath(network))
          .connect(given<Dockerode.NetworkConnectOptions>(body, asked)),
      ),
    );
  }

  createVolume(name: string, labels: Labels): Promise<void> {
    const body = { Name: name, Labels: labels };
    return this.#do('create volume', name, (docker, asked) =>
      docker.createVolume(given<Dockerode.VolumeCreateOptions>(body, asked)),
    );
  }

  async create(container: NewContainer): Promise<void> {
    const { name } = container;
    const body = createBody(container);
    await this.#do('create', name, (docker, asked) =>
      docker.createContainer(given<Dockerode.ContainerCreateOptions>(body, asked, { name })),
    );
  }

  async start(container: string): Promise<void> {
    try {
      await this.#do('start', container, (docker, asked) =>
        unless(304, named(docker, container).start(asked)),
      );
    } catch (error) {
      if (!(error instanceof Fault) || error.data.code !== 'PORT_TAKEN') throw error;
      throw await this.#withHolder(error);
    }
  }

  stop(container: string, timeoutMs: number): Promise<void> {
    const t = wholeSeconds(timeoutMs);
    const stop = (docker: Dockerode, asked: Asked): Promise<unknown> =>
      unless(304, named(docker, container).stop({ t, ...asked }));
    return this.#do('stop', container, stop, deadlines.stopMs + t * 1_000);
  }

  remove(container: string): Promise<void> {
    return this.#do('remove', container, async (docker, asked) => {
      const wanted = { force: true, v: true, ...asked };
      for (;;) {
        const removed = unless(404, named(docker, container).remove(wanted)).then(() => true);
        if ((await unless(409, removed)) === true) return;
        // Somebody else is at it.
        await delay(removalPollMs, undefined, { signal: asked.abortSignal });
      }
    });
  }

  unpause(container: string): Promise<void> {
    return this.#do('unpause', container, (docker, asked) =>
      unless(/is not paused/, named(docker, container).unpause(asked)),
    );
  }

  rename(container: string, name: string): Promise<void> {
    const same = /same name as its current name/;
    return this.#do('rename', container, (docker, asked) =>
      unless(same, named(docker, container).rename({ name, ...asked })),
    );
  }

  exec(
    container: string,
    command: readonly string[],
    { timeoutMs, signal, onLine }: ExecOptions,
  ): Promise<ExecResult> {
    const job = { ...write('exec', container), ms: timeoutMs + deadlines.readMs, signal };
    return this.#connection.call(job, async ({ docker }, call) => {
      const made = await named(docker, container).exec({
        Cmd: [...command],
        AttachStdout: true,
        AttachStderr: true,
        abortSignal: call.signal,
      });
      return runCommand(made, { timeoutMs, onLine, signal: call.signal, local: this.#local });
    });
  }

  logs(container: string, lines: number): Promise<readonly string[]> {
    const job = { ...read(`log of ${container}`), refused: forContainer(container) };
    return this.#connection.call(job, async ({ docker }, { signal }) => {
      const wanted = { stdout: true, stderr: true, tail: lines, abortSignal: signal };
      const log = named(docker, container).logs(wanted);
      // A logging driver may send it all away and keep nothing.
      const raw: unknown = await unless(/does not support reading/, log);
      return Buffer.isBuffer(raw) ? logLines(raw, lines) : [];
    });
  }

  ended(container: string, signal: AbortSignal): Promise<void> {
    const job = { ...write('wait for', container), ms: deadlines.endMs, signal };
    return this.#connection.call(job, async ({ docker }, call) => {
      // Gone altogether is ended too.
      await unless(404, named(docker, container).wait({ abortSignal: call.signal }));
    });
  }

  async follow(
    container: string,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const job = { ...read(`log of ${container}`), refused: forContainer(container), signal };
    const lines = new LiveLines(onLine);
    try {
      const stream = await this.#connection.call(job, async ({ docker }, call) => {
        const abortSignal = AbortSignal.any([signal, call.signal]);
        const wanted = { follow: true, stdout: true, stderr: true, abortSignal } as const;
        return named(docker, container).logs(wanted);
      });
      for await (const chunk of stream) if (chunk instanceof Uint8Array) lines.push(chunk);
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof Fault ? error : this.#connection.lost(error);
    } finally {
      lines.end();
    }
  }

  file(container: string, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const job = { ...read(`${path} of ${container}`), refused: forContainer(container) };
    return this.#connection.call(job, async ({ docker }, { signal }) => {
      const wanted = { path, abortSignal: signal };
      const stream = await unless(404, named(docker, container).getArchive(wanted));
      if (stream === undefined) return undefined;
      const chunks: Uint8Array[] = [];
      let left = archiveBytesMax(bytesMax);
      for await (const chunk of stream) {
        if (!(chunk instanceof Uint8Array)) continue;
        chunks.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) break;
      }
      return fileIn(Buffer.concat(chunks), bytesMax);
    });
  }

  async put(container: string, files: readonly ConfigFile[]): Promise<void> {
    await this.#do('put files into', container, (docker, { abortSignal }) =>
      named(docker, container).putArchive(tarOf(files), { path: '/', abortSignal }),
    );
  }

  /** Asked for at once, so that nothing is missed between this call and the first turn. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent> {
    const since = Date.now() / 1_000;
    const opened = this.#connection.call({ ...read('events'), signal }, ({ docker }, call) => {
      const abortSignal = AbortSignal.any([signal, call.signal]);
      return docker.getEvents({ since, filters: JSON.stringify(eventFilters), abortSignal });
    });
    // Told to who reads them; until then it is nobody's.
    opened.catch(() => undefined);
    return this.#told(opened, signal);
  }

  async *#told(
    opened: Promise<AsyncIterable<unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<EngineEvent> {
    try {
      yield* readEvents(await opened);
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof Fault ? error : this.#connection.lost(error);
    }
    if (!signal.aborted) throw this.#connection.lost();
  }

  #ask<T>(
    what: string,
    schema: z.ZodType<T>,
    run: (docker: Dockerode, asked: Asked) => Promise<unknown>,
  ): Promise<T> {
    return this.#connection.call(read(what), async ({ docker }, { signal }) =>
      parse(schema, what, await run(docker, { abortSignal: signal })),
    );
  }

  async #do(
    verb: string,
    name: string,
    run: (docker: Dockerode, asked: Asked) => Promise<unknown>,
    ms: number = deadlines.writeMs,
  ): Promise<void> {
    await this.#connection.call({ ...write(verb, name), ms }, ({ docker }, { signal }) =>
      run(docker, { abortSignal: signal }),
    );
  }

  async #hasImage(reference: string): Promise<boolean> {
    if (!/^\w[\w.:@/-]*$/.test(reference) || reference.includes('..')) {
      throw new Fault(pullFault('invalid reference format', reference));
    }
    const found = await this.#ask(`inspect ${reference}`, z.unknown(), (docker, asked: object) =>
      unless(404, docker.getImage(reference).inspect(asked)),
    );
    return found !== undefined;
  }

  /** The container that holds the port, by name, where it is one; PORT_STALE where it should be one. */
  async #withHolder(error: Fault): Promise<Fault> {
    const text = refusalOf(error.cause)?.text ?? '';
    const port = takenPort(text);
    const running = await this.containers().catch(() => undefined);
    if (port === undefined || running === undefined) return error;
    const holder = running.find(({ hostPorts }) => hostPorts.some((each) => each.port === port));
    if (holder === undefined) {
      return isDockersOwn(text)
        ? new Fault(stalePort(error.data, port), { cause: error.cause })
        : error;
    }
    const message = `port ${port} of this host is taken by container ${holder.name}`;
    return new Fault({ ...error.data, message }, { cause: error.cause });
  }
}

const read = (what: string): Job => ({ what, ms: deadlines.readMs, again: true });

const write = (verb: string, name: string): Job => ({
  what: `${verb} ${name}`,
  ms: deadlines.writeMs,
  refused: forContainer(name),
});

const forContainer =
  (name: string) =>
  (refusal: Refusal): FaultData =>
    containerFault(refusal, name);

function parse<T>(schema: z.ZodType<T>, what: string, raw: unknown): T {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw misunderstood(what, parsed.error);
  return parsed.data;
}

/**
 * Body and query apart: dockerode puts what it is given into the address as well, with every value
 * of the environment.
 */
const given = <T>(body: object, asked: Asked, query: object = {}): T =>
  ({ _query: query, _body: body, ...asked }) as T;

const named = (docker: Dockerode, container: string): Dockerode.Container =>
  docker.getContainer(inPath(container));

/** dockerode puts a name into the path as it stands. */
function inPath(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name;
  throw fault('DOCKER_ERROR', `${JSON.stringify(name)} cannot be the name of anything in Docker`);
}

/** Its types forget that it takes options. */
const info = (docker: Dockerode, asked: Asked): Promise<unknown> =>
  (docker as unknown as { info(asked: Asked): Promise<unknown> }).info(asked);

function offeredVersion(docker: Dockerode, abortSignal: AbortSignal): Promise<string> {
  const ping = { path: '/_ping', method: 'GET', isStream: true, statusCodes: { 200: true } };
  return new Promise((resolve, reject) => {
    docker.modem.dial({ ...ping, abortSignal }, (error, answer) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const { headers } = (answer as IncomingMessage).resume();
      resolve(String(headers['api-version']));
    });
  });
}
