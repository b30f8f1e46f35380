// One way to the Engine for every call: the version negotiated first, a deadline on each, and what
// goes wrong told as a fault. Knows no Docker library; it is given a client and what a call does.

import { fault, Fault, type FaultData } from '../../states/faults.ts';
import { engineFault, type Refusal } from './errors.ts';
import { refusalOf } from './refusals.ts';

interface Dial<Client> {
  /** Asks for the newest API version that the Engine knows. */
  readonly negotiate: (signal: AbortSignal) => Promise<Client>;
  /** `unix:///…` or `tcp://…`, for messages. */
  readonly where: string;
}

export interface Job {
  /** What is asked, for messages: `start api-1`. */
  readonly what: string;
  readonly ms: number;
  /** The deadline begins anew with every sign of life; without it `ms` is for the whole. */
  readonly perSign?: boolean;
  /** Only reads: may be asked once more where a connection that was kept turns out to be dead. */
  readonly again?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly refused?: (refusal: Refusal) => FaultData;
  /** Whose fault silence is; without it the Engine's. */
  readonly late?: FaultData;
}

interface Call {
  readonly signal: AbortSignal;
  /** A sign of life. */
  readonly alive: () => void;
}

const negotiateMs = 10_000;

export class Connection<Client> {
  readonly #dial: Dial<Client>;
  #client: Promise<Client> | undefined;

  constructor(dial: Dial<Client>) {
    this.#dial = dial;
  }

  async call<T>(job: Job, run: (client: Client, call: Call) => Promise<T>): Promise<T> {
    try {
      return await this.#once(job, run);
    } catch (error) {
      if (job.again !== true || !isReset(error)) throw error;
      return await this.#once(job, run);
    }
  }

  /** For who reads on after a call: the Engine went away in the middle. */
  lost(cause?: unknown): Fault {
    this.#client = undefined;
    const { where } = this.#dial;
    const message = `the Docker Engine at ${where} went away`;
    return fault('DOCKER_DOWN', message, { where }, { cause });
  }

  async #once<T>(job: Job, run: (client: Client, call: Call) => Promise<T>): Promise<T> {
    const client = await this.#negotiated();
    return this.#watched(job, (call) => run(client, call));
  }

  /** Shared by all who call meanwhile, so it ends by its own deadline and not by one of theirs. */
  #negotiated(): Promise<Client> {
    this.#client ??= this.#watched({ what: 'ping', ms: negotiateMs }, (call) =>
      this.#dial.negotiate(call.signal),
    ).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #watched<T>(job: Job, run: (call: Call) => Promise<T>): Promise<T> {
    job.signal?.throwIfAborted();
    const stop = new AbortController();
    const end = (): void => {
      stop.abort();
    };
    const timer = setTimeout(end, job.ms);
    const alive = (): void => {
      if (job.perSign === true) timer.refresh();
    };
    job.signal?.addEventListener('abort', end, { once: true });
    try {
      return await run({ signal: stop.signal, alive });
    } catch (error) {
      job.signal?.throwIfAborted();
      throw this.#explain(job, error, stop.signal.aborted);
    } finally {
      clearTimeout(timer);
      job.signal?.removeEventListener('abort', end);
    }
  }

  #explain(job: Job, error: unknown, late: boolean): unknown {
    const data = this.#data(job, error, late);
    // What comes back may be another Engine, with another version.
    if (data?.code === 'DOCKER_DOWN' || data?.code === 'DOCKER_VERSION') this.#client = undefined;
    return data === undefined || error instanceof Fault ? error : new Fault(data, { cause: error });
  }

  #data(job: Job, error: unknown, late: boolean): FaultData | undefined {
    const { where } = this.#dial;
    if (late) {
      if (job.late !== undefined) return job.late;
      const message = `the Docker Engine did not answer within ${job.ms / 1_000} s: ${job.what}`;
      return { code: 'DOCKER_DOWN', message, where };
    }
    if (error instanceof Fault) return error.data;
    const refusal = refusalOf(error);
    if (refusal !== undefined) return (job.refused ?? engineFault)(refusal);
    const code = codeOf(error);
    if (code === undefined) return undefined;
    return { code: 'DOCKER_DOWN', message: downWords(code, where, error), where };
  }
}

/** Of the system, the socket or its TLS; an argument that Node refuses is a defect of ours. */
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error &&
  !(error instanceof TypeError) &&
  'code' in error &&
  typeof error.code === 'string'
    ? error.code
    : undefined;

const isReset = (error: unknown): boolean =>
  error instanceof Fault && ['ECONNRESET', 'EPIPE'].includes(codeOf(error.cause) ?? '');

function downWords(code: string, where: string, error: unknown): string {
  switch (code) {
    case 'ENOENT':
      return `there is no Docker Engine at ${where}`;
    case 'ECONNREFUSED':
      return `no Docker Engine listens at ${where}`;
    case 'EACCES':
      return `this user may not speak to the Docker Engine at ${where}`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `the Docker Engine at ${where} broke the connection off`;
    default:
      return `the Docker Engine at ${where} cannot be reached: ${String(error)}`;
  }
}

/** An answer of a shape that no Docker Engine we know gives. */
export const misunderstood = (what: string, cause: unknown): Fault =>
  fault(
    'DOCKER_ERROR',
    `the Docker Engine answered ${what} with what we do not know`,
    {},
    { cause },
  );
