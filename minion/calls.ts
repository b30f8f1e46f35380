// The calls of the master that are being answered: each ends with its answer, its deadline, the
// master's `cancel`, or with the session.

import type { Logger } from 'pino';
import { Fault, type FaultData } from '../states/faults.ts';
import { limits } from '../protocol/limits.ts';
import type { Call, FromMaster, FromMinion } from '../protocol/messages.ts';
import type { World } from '../protocol/world.ts';

type CallMessage = Extract<FromMaster, { type: 'call' }>;
type Result = Extract<FromMinion, { type: 'result' }>['answer'];

export interface CallsOptions {
  readonly world: World;
  readonly log: Logger;
  readonly onCall: (call: Call, signal: AbortSignal) => Promise<unknown>;
  readonly answer: (id: string, result: Result) => void;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #open = new Map<string, AbortController>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** False where the master asks for more than was agreed. */
  begin({ id, deadlineMs, call }: CallMessage): boolean {
    if (this.#open.has(id) || this.#open.size >= limits.callsOpenMax) return false;
    const controller = new AbortController();
    this.#open.set(id, controller);
    void this.#carryOut(id, call, controller.signal);
    void this.#expire(id, Math.min(deadlineMs, limits.callMsMax), controller);
    return true;
  }

  cancel(id: string): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
  }

  cancelAll(): void {
    for (const id of [...this.#open.keys()]) this.cancel(id);
  }

  async #carryOut(id: string, call: Call, signal: AbortSignal): Promise<void> {
    const { onCall, answer } = this.#options;
    const result = await onCall(call, signal).then(
      (value): Result => ({ ok: true, value }),
      (error: unknown): Result => ({ ok: false, fault: this.#faultOf(error, call, signal) }),
    );
    // Nobody waits any more for what was cancelled or came too late.
    if (signal.aborted) return;
    answer(id, result);
    this.cancel(id);
  }

  async #expire(id: string, ms: number, controller: AbortController): Promise<void> {
    await this.#options.world.sleep(ms, controller.signal).catch(() => undefined);
    if (!controller.signal.aborted) this.cancel(id);
  }

  #faultOf(error: unknown, call: Call, signal: AbortSignal): FaultData {
    if (error instanceof Fault) return error.data;
    if (!signal.aborted) this.#options.log.error({ err: error, verb: call.verb }, 'a call failed');
    return defect('the minion met a defect of its own; its log says more');
  }
}

export const defect = (message: string): FaultData => ({ code: 'INTERNAL', message });
