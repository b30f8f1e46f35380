// Why something did not get where it should, with everything that a person would look for next.

import { limits } from '../../protocol/limits.ts';
import type { HostFailure } from '../../protocol/messages.ts';
import { Fault, type FaultCode } from '../../states/faults.ts';
import type { ContainerSpec } from '../../states/model.ts';
import type { ContainerDetail, Engine } from '../engine/engine.ts';

export type Phase =
  'begin' | 'pull' | 'job' | 'create' | 'start' | 'healthy' | 'stop' | 'remove' | 'network';

/** What went wrong on the way, already with its evidence; thrown through the steps. */
export class Failed extends Error {
  readonly failures: readonly HostFailure[];
  constructor(failures: readonly HostFailure[]) {
    super(failures.map(({ message }) => message).join('; '));
    this.name = 'Failed';
    this.failures = failures;
  }
}

export const isDockerDown = (error: unknown): boolean =>
  error instanceof Fault && error.data.code === 'DOCKER_DOWN';

interface About {
  readonly phase: Phase;
  readonly container?: string;
  readonly service?: string;
  readonly spec?: ContainerSpec;
}

/** What has failed, of what was thrown; that Docker is away, and what is no fault, is thrown on. */
export function failuresIn(error: unknown, about: About): readonly HostFailure[] {
  return error instanceof Failed ? error.failures : [failureOf(error, about)];
}

/** A fault of the Engine becomes a failure; what else is thrown is handed on. */
export function failureOf(error: unknown, about: About): HostFailure {
  if (!(error instanceof Fault) || error.data.code === 'DOCKER_DOWN') throw error;
  return failure(error.data.code, error.data.message, about);
}

export function failure(code: FaultCode, message: string, about: About): HostFailure {
  const { phase, container, spec } = about;
  const service = about.service ?? spec?.service;
  return {
    code,
    message: clip(message, textCharsMax),
    phase,
    ...(service === undefined ? {} : { service }),
    ...(container === undefined ? {} : { container }),
    ...(spec === undefined ? {} : { at: spec.at }),
  };
}

/** The same with how its container ended and what it said last, as far as that can still be had. */
export async function withTraces(
  engine: Engine,
  failed: HostFailure,
  probe: string | undefined,
): Promise<HostFailure> {
  const { container } = failed;
  if (container === undefined) return failed;
  const detail = await ifThere(engine.inspect(container));
  const logs = await ifThere(engine.logs(container, limits.logLinesMax));
  return {
    ...failed,
    ...(detail === undefined ? {} : { ...endOf(detail), restarts: detail.restarts }),
    ...(probe === undefined ? {} : { probe: clip(probe, textCharsMax) }),
    ...(logs === undefined ? {} : { logs: logs.map((line) => clip(line, limits.logLineCharsMax)) }),
  };
}

/** One that is just being removed has neither; that must not hide why it failed. */
async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Fault && !isDockerDown(error)) return undefined;
    throw error;
  }
}

/** The exit code of one that runs says nothing. */
function endOf({ status, exitCode, oomKilled }: ContainerDetail): Partial<HostFailure> {
  if (status === 'running' || status === 'paused' || status === 'created') return {};
  return { exitCode, oomKilled };
}

const textCharsMax = 8_000;

export const clip = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;
