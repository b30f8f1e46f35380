// Anything thrown, as what the command line says about it and the code it ends with.

import { Fault, faults, type FaultData } from '../../states/faults.ts';

interface Problem {
  readonly data: FaultData;
  readonly hint: string;
  readonly exit: number;
  readonly stack?: string;
}

export function toProblem(error: unknown, debug: boolean): Problem {
  const stack = debug && error instanceof Error ? { stack: fullStack(error) } : {};
  const message = error instanceof Error ? error.message : String(error);
  const data: FaultData = error instanceof Fault ? error.data : { code: 'INTERNAL', message };
  const { hint, exit } = faults[data.code];
  return { data, hint, exit, ...stack };
}

export const errorText = ({ data, hint, stack }: Problem): string =>
  [
    `error: ${harmless(data.message)} [${data.code}]`,
    ...(data.where === undefined ? [] : [`  where: ${harmless(data.where)}`]),
    ...(hint === '' ? [] : [`  hint: ${hint}`]),
    ...(stack === undefined ? [] : [stack]),
  ].join('\n');

/** One line in which no character can command the terminal. */
export const harmless = (raw: string): string =>
  raw.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '�');

function fullStack(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${fullStack(error.cause)}` : own;
}
