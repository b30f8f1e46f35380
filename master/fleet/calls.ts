// Questions to one minion that wait for their answer: each ends with it, with its deadline, or with
// the link.

import type { KeyObject } from 'node:crypto';
import { signCall } from '../../protocol/identity/signing.ts';
import {
  answers,
  type Answer,
  type Call,
  type FromMaster,
  type FromMinion,
  type Verb,
} from '../../protocol/messages.ts';
import { callMsMax, limits } from '../../protocol/limits.ts';
import type { Deadlines } from '../../protocol/deadlines.ts';
import { Fault, fault } from '../../states/faults.ts';
import type { HostId } from '../../states/ids.ts';

type Result = Extract<FromMinion, { type: 'result' }>['answer'];

export interface CallsOptions {
  readonly host: HostId;
  readonly deadlines: Deadlines;
  readonly signing: KeyObject;
  /** False where there is no link any more. */
  readonly send: (message: Extract<FromMaster, { type: 'call' | 'cancel' }>) => boolean;
}

/** For who waits long. */
export interface CallOptions {
  /** Tells the minion that nobody waits any more; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** What is said meanwhile; some may be lost. */
  readonly onLines?: (lines: readonly string[]) => void;
}

interface Waiting {
  readonly verb: Verb;
  readonly onLines: CallOptions['onLines'];
  readonly resolve: (value: Answer<Verb>) => void;
  readonly reject: (reason: unknown) => void;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #waiting = new Map<string, Waiting>();
  #asked = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  async ask<V extends Verb>(
    call: Extract<Call, { verb: V }>,
    deadlineMs: number,
    { signal, onLines }: CallOptions = {},
  ): Promise<Answer<V>> {
    const { host, deadlines, signing } = this.#options;
    signal?.throwIfAborted();
    if (this.#waiting.size >= limits.callsOpenMax) {
      const message = `${host} has ${limits.callsOpenMax} questions to answer already`;
      throw fault('HOSTS_MISSING', message, { where: host });
    }
    this.#asked += 1;
    const id = `c${this.#asked}`;
    const ms = Math.min(deadlineMs, callMsMax(call.verb));
    let inTime = (): void => undefined;
    let leave = (): void => undefined;
    try {
      return (await new Promise<Answer<Verb>>((resolve, reject) => {
        this.#waiting.set(id, { verb: call.verb, onLines, resolve, reject });
        leave = (): void => {
          this.#options.send({ type: 'cancel', id });
          reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        signal?.addEventListener('abort', leave, { once: true });
        inTime = deadlines.after(ms, () => {
          this.#options.send({ type: 'cancel', id });
          const message = `${host} did not answer within ${ms / 1_000} s`;
          reject(fault('HOSTS_MISSING', message, { where: host }));
        });
        const signed = call.verb === 'test' && { signature: signCall(signing, host, call) };
        if (!this.#options.send({ type: 'call', id, deadlineMs: ms, call, ...signed })) {
          reject(lost(host, 'it has just ended'));
        }
      })) as Answer<V>;
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', leave);
      inTime();
    }
  }

  /** Of a call that is over already it is nobody's. */
  said(id: string, lines: readonly string[]): void {
    this.#waiting.get(id)?.onLines?.(lines);
  }

  /** False where the answer is not one to the question; one that came too late is nobody's. */
  settle(id: string, answer: Result): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return true;
    if (!answer.ok) {
      waiting.reject(
        new Fault({ ...answer.fault, where: answer.fault.where ?? this.#options.host }),
      );
      return true;
    }
    const parsed = answers[waiting.verb].safeParse(answer.value);
    if (parsed.success) waiting.resolve(parsed.data);
    return parsed.success;
  }

  fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(lost(this.#options.host, reason));
  }
}

const lost = (host: HostId, reason: string): Fault =>
  fault('HOSTS_MISSING', `${host} lost its link: ${reason}`, { where: host });
