// Anything thrown, as what the CLI says about it and the code it ends with.

import { Fault, faults, type FaultData } from '../../states/faults.ts';
import type { ErrorAnswer } from '../api/contract.ts';

export interface Problem {
  readonly data: FaultData;
  readonly hint: string;
  readonly exit: number;
  readonly rendered?: string;
  readonly stack?: string;
}

/** A fault that the master answered; its own hint and exit code hold. */
export class AnsweredFault extends Fault {
  readonly answer: ErrorAnswer['error'];
  constructor(answer: ErrorAnswer['error']) {
    const { hint, exit, rendered, ...data } = answer;
    super(data);
    this.answer = { ...data, hint, exit, ...(rendered === undefined ? {} : { rendered }) };
  }
}

export function toProblem(error: unknown, debug: boolean): Problem {
  const stack = debug && error instanceof Error ? { stack: fullStack(error) } : {};
  if (error instanceof AnsweredFault) {
    const { hint, exit, rendered, ...data } = error.answer;
    return { data, hint, exit, ...(rendered === undefined ? {} : { rendered }), ...stack };
  }
  if (error instanceof Fault) {
    const { hint, exit } = faults[error.data.code];
    return { data: error.data, hint, exit, ...stack };
  }
  const message = error instanceof Error ? error.message : String(error);
  const { hint, exit } = faults.INTERNAL;
  return { data: { code: 'INTERNAL', message }, hint, exit, ...stack };
}

function fullStack(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${fullStack(error.cause)}` : own;
}
