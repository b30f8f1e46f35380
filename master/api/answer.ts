// Anything thrown, as the answer of the API: its status and the body that every error has. Nothing of
// a defect leaves the master but that there was one.

import { Fault, faults, type FaultCode } from '../../states/faults.ts';
import type { ErrorAnswer } from './contract.ts';

export function errorAnswer(error: unknown): {
  readonly status: number;
  readonly body: ErrorAnswer;
} {
  if (!(error instanceof Fault)) return { status: 500, body: bodyOf(defect) };
  const rendered = (error as { rendered?: unknown }).rendered;
  return {
    status: statusOf(error.data.code),
    body: bodyOf(error, typeof rendered === 'string' ? rendered : undefined),
  };
}

const defect = new Fault({
  code: 'INTERNAL',
  message: 'the master met a defect of its own; its log says more',
});

function bodyOf({ data }: Fault, rendered?: string): ErrorAnswer {
  const { hint, exit } = faults[data.code];
  return { error: { ...data, hint, exit, ...(rendered === undefined ? {} : { rendered }) } };
}

const statuses: Partial<Record<FaultCode, number>> = {
  BAD_USAGE: 400,
  ACCESS_DENIED: 403,
  UNKNOWN_NAME: 404,
  ROLLOUT_NONE: 404,
  ROLLOUT_BUSY: 409,
  PLAN_OUTDATED: 409,
  MASTER_BUSY: 409,
  INTERNAL: 500,
};

/** What trying again can heal is 503, what the caller must mend is 422, unless there is a better one. */
const statusOf = (code: FaultCode): number => statuses[code] ?? (faults[code].retry ? 503 : 422);
