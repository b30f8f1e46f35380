// Questions to one minion that wait for their answer: each ends with it, with its deadline, or with
// the link.

import {
  answers,
  type Answer,
  type Call,
  type FromMaster,
  type FromMinion,
  type Verb,
} from '../../protocol/messages.ts';
import { limits } from '../../protocol/limits.ts';
import type { Deadlines } from '../../protocol/deadlines.ts';
import { Fault, fault } from '../../states/faults.ts';
import type { HostId } from '../../states/ids.ts';

type Result = Extract<FromMinion, { type: 'result' }>['answer'];

export interface CallsOptions {
  readonly host: HostId;
  readonly deadlines: Deadlines;
  /** False where there is no link any more. */
  readonly send: (message: Extract<FromMaster, { type: 'call' | 'cancel' }>) => boolean;
}

interface Waiting {
  readonly verb: Verb;
  readonly resolve: (value: Answer<Verb>) => void;
  readonly reject: (reason: Fault) => void;
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
  ): Promise<Answer<V>> {
    const { host, deadlines } = this.#options;
    if (this.#waiting.size >= limits.callsOpenMax) {
      const message = `${host} has ${limits.callsOpenMax} questions to answer already`;
      throw fault('HOSTS_MISSING', message, { where: host });
    }
    this.#asked += 1;
    const id = `c${this.#asked}`;
    const ms = Math.min(deadlineMs, limits.callMsMax);
    let inTime = (): void => undefined;
    try {
      return (await new Promise<Answer<Verb>>((resolve, reject) => {
        this.#waiting.set(id, { verb: call.verb, resolve, reject });
        inTime = deadlines.after(ms, () => {
          this.#options.send({ type: 'cancel', id });
          const message = `${host} did not answer within ${ms / 1_000} s`;
          reject(fault('HOSTS_MISSING', message, { where: host }));
        });
        if (!this.#options.send({ type: 'call', id, deadlineMs: ms, call })) {
          reject(lost(host, 'it has just ended'));
        }
      })) as Answer<V>;
    } finally {
      this.#waiting.delete(id);
      inTime();
    }
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
