// The calls of the master that are being answered: each ends with its answer, its deadline, the
// master's `cancel`, or with the session.

import type { Logger } from 'pino';
import { Fault, type FaultData } from '../states/faults.ts';
import { Deadlines } from '../protocol/deadlines.ts';
import { callMsMax, limits } from '../protocol/limits.ts';
import type { Call, FromMaster, FromMinion } from '../protocol/messages.ts';
import type { World } from '../protocol/world.ts';

type CallMessage = Extract<FromMaster, { type: 'call' }>;
type Result = Extract<FromMinion, { type: 'result' }>['answer'];

/** At most `liveLinesMax` lines, none longer than a line of a log may be. */
export type Say = (lines: readonly string[]) => void;

interface CallsOptions {
  readonly world: World;
  readonly log: Logger;
  readonly onCall: (call: Call, signal: AbortSignal, say: Say) => Promise<unknown>;
  /** What a call says while it is carried out; may be lost. */
  readonly say: (id: string, lines: readonly string[]) => void;
  readonly answer: (id: string, result: Result) => void;
}

interface Open {
  readonly controller: AbortController;
  /** Calls the deadline off. */
  readonly inTime: () => void;
}

const cancelled = new Error('the call was cancelled, or its time is over');

export class Calls {
  readonly #options: CallsOptions;
  readonly #deadlines: Deadlines;
  readonly #open = new Map<string, Open>();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.world);
  }

  /** False where the master asks for more than was agreed. */
  begin({ id, deadlineMs, call }: CallMessage): boolean {
    if (this.#open.has(id) || this.#open.size >= limits.callsOpenMax) return false;
    const controller = new AbortController();
    const inTime = this.#deadlines.after(Math.min(deadlineMs, callMsMax(call.verb)), () => {
      this.cancel(id);
    });
    this.#open.set(id, { controller, inTime });
    void this.#carryOut(id, call, controller.signal);
    return true;
  }

  cancel(id: string): void {
    this.#close(id)?.abort(cancelled);
  }

  cancelAll(): void {
    for (const id of [...this.#open.keys()]) this.cancel(id);
  }

  async #carryOut(id: string, call: Call, signal: AbortSignal): Promise<void> {
    const { onCall, answer } = this.#options;
    const say: Say = (lines) => {
      if (!signal.aborted) this.#options.say(id, lines);
    };
    const result = await onCall(call, signal, say).then(
      (value): Result => ({ ok: true, value }),
      (error: unknown): Result => ({ ok: false, fault: this.#faultOf(error, call, signal) }),
    );
    // Nobody waits any more for what was cancelled or came too late.
    if (signal.aborted) return;
    answer(id, result);
    this.#close(id);
  }

  #close(id: string): AbortController | undefined {
    const open = this.#open.get(id);
    open?.inTime();
    this.#open.delete(id);
    return open?.controller;
  }

  #faultOf(error: unknown, call: Call, signal: AbortSignal): FaultData {
    if (error instanceof Fault) return error.data;
    if (!signal.aborted) this.#options.log.error({ err: error, verb: call.verb }, 'a call failed');
    return defect('the minion met a defect of its own; its log says more');
  }
}

export const defect = (message: string): FaultData => ({ code: 'INTERNAL', message });
