// Why a command cannot be done, before anything is: the reducer does nothing that this refuses, and
// whoever asked is told in these words.

import type { FaultCode } from '../../states/faults.ts';
import {
  activeOf,
  aimOf,
  definitionOf,
  isAutomatic,
  liveStage,
  promotionOf,
  releaseOf,
  stageOf,
  waitingOf,
} from './change.ts';
import { rankOf } from './enter.ts';
import type { Command, CommandType, EventOf, PipelineEvent } from './events.ts';
import { freezeOf, isApproved, unquarantined } from './gates.ts';
import { abortable, rollbackTarget } from './people.ts';
import type { Pipeline, Promotion } from './record.ts';

export interface Refusal {
  readonly code: FaultCode;
  readonly message: string;
}

const commands: ReadonlySet<string> = new Set<CommandType>([
  ...(['promote', 'rollback', 'retry', 'abort', 'approve', 'hold', 'resume'] as const),
  ...(['freeze', 'unfreeze', 'images'] as const),
]);

export const isCommand = (event: PipelineEvent): event is Command => commands.has(event.type);

export function refusal(pipeline: Pipeline, command: Command, now: number): Refusal | undefined {
  if ('environment' in command && liveStage(pipeline, command.environment) === undefined) {
    return unknown(`the pipeline has no stage ${command.environment}`);
  }
  switch (command.type) {
    case 'promote':
      return promoteRefusal(pipeline, command);
    case 'rollback':
      return rollbackRefusal(pipeline, command);
    case 'retry':
      return retryRefusal(pipeline, command);
    case 'abort':
      return abortable(pipeline, command) === undefined
        ? none(`nothing in ${command.environment} is under way or waits`)
        : undefined;
    case 'approve':
      return approveRefusal(pipeline, command);
    case 'hold':
      return undefined;
    case 'resume':
      return resumeRefusal(pipeline, command, now);
    case 'freeze': {
      const stranger = command.environments.find(
        (name) => definitionOf(pipeline, name) === undefined,
      );
      return stranger === undefined ? undefined : unknown(`the pipeline has no stage ${stranger}`);
    }
    case 'unfreeze':
      return pipeline.freezes.some(({ id }) => id === command.freeze)
        ? undefined
        : unknown(`there is no freeze ${command.freeze}`);
    case 'images': {
      const { images } = pipeline.definition;
      const stranger = command.images.find(({ name }) => !images.includes(name));
      return stranger === undefined
        ? undefined
        : unknown(`brine.yaml has no image ${stranger.name}`);
    }
  }
}

function promoteRefusal(pipeline: Pipeline, event: EventOf<'promote'>): Refusal | undefined {
  const { environment, release, force } = event;
  const stage = stageOf(pipeline, environment);
  if (stage === undefined || releaseOf(pipeline, release) === undefined) {
    return unknown(`there is no release ${release}`);
  }
  if (force?.why.trim() === '') {
    return { code: 'BAD_USAGE', message: 'a forced promotion needs a reason' };
  }
  const active = activeOf(pipeline, environment);
  if (active !== undefined && active.aborting === null && aimOf(active) === release) {
    return refused(`${active.id} brings ${release} into ${environment} already`);
  }
  const kind = force === null ? 'promotion' : 'forced';
  const full = placeRefusal(pipeline, environment, release, kind);
  if (full !== undefined || force !== null) return full;
  const failed = unquarantined({ stage, release });
  if (failed !== undefined) return refused(failed.reason);
  const { current } = stage;
  return current?.release === release && current.verified && active === undefined
    ? refused(`${environment} runs ${release} already`)
    : undefined;
}

function placeRefusal(
  pipeline: Pipeline,
  environment: string,
  release: string,
  kind: Promotion['kind'],
): Refusal | undefined {
  const waiting = waitingOf(pipeline, environment);
  if (waiting === undefined) return undefined;
  if (waiting.release === release && waiting.kind === kind && !isAutomatic(waiting)) {
    return refused(`${waiting.id} waits with ${release} already: ${waiting.reason ?? ''}`);
  }
  if (rankOf({ kind, cause: 'promote' }) >= rankOf(waiting)) return undefined;
  return refused(`${waiting.id} (${waiting.kind}) waits for ${environment}; abort it first`);
}

function rollbackRefusal(pipeline: Pipeline, event: EventOf<'rollback'>): Refusal | undefined {
  const { environment } = event;
  const active = activeOf(pipeline, environment);
  if (active !== undefined && active.back !== null && active.phase !== 'paused') {
    return refused(`${active.id} goes back to ${aimOf(active)} already`);
  }
  const stage = stageOf(pipeline, environment);
  const target = event.release ?? rollbackTarget(pipeline, environment);
  if (target === undefined) return none(`no other release was verified in ${environment}`);
  if (stage?.verified.some(({ release }) => release === target) !== true) {
    return refused(`${target} was not verified in ${environment}; it can be promoted by force`);
  }
  const { current } = stage;
  return active === undefined && current?.release === target && current.verified
    ? refused(`${environment} runs ${target} already`)
    : undefined;
}

const retried: readonly string[] = ['failed', 'rolled-back', 'rollback-failed', 'aborted'];

function retryRefusal(pipeline: Pipeline, { environment }: EventOf<'retry'>): Refusal | undefined {
  const active = activeOf(pipeline, environment);
  if (active !== undefined) {
    const waits = ['errored', 'blocked', 'paused'].includes(active.phase);
    return waits ? undefined : refused(`${active.id} is under way: ${active.phase}`);
  }
  const last = promotionOf(pipeline, stageOf(pipeline, environment)?.last ?? null);
  if (last === undefined || !retried.includes(last.phase)) {
    return none(`nothing in ${environment} has failed or was aborted last`);
  }
  const back = last.phase === 'rollback-failed' || last.kind === 'rollback';
  const release = back ? aimOf(last) : last.release;
  return placeRefusal(pipeline, environment, release, back ? 'rollback' : 'promotion');
}

function approveRefusal(pipeline: Pipeline, event: EventOf<'approve'>): Refusal | undefined {
  const { environment } = event;
  const live = liveStage(pipeline, environment);
  const release = event.release ?? waitingOf(pipeline, environment)?.release;
  if (live === undefined || release === undefined) return none(`nothing waits for ${environment}`);
  if (live.definition.approval === 'none') return none(`${environment} asks for no approvals`);
  if (releaseOf(pipeline, release) === undefined) return unknown(`there is no release ${release}`);
  return isApproved(live.stage, release)
    ? refused(`${release} is approved for ${environment} already`)
    : undefined;
}

function resumeRefusal(
  pipeline: Pipeline,
  { environment }: EventOf<'resume'>,
  now: number,
): Refusal | undefined {
  const stage = stageOf(pipeline, environment);
  if (stage === undefined || stage.hold !== null || stage.stopped !== null) return undefined;
  const freeze = freezeOf(pipeline, stage, now);
  return freeze === undefined
    ? none(`${environment} is neither held nor stopped`)
    : refused(`${environment} is frozen by ${freeze.actor} (${freeze.id}): ${freeze.message}`);
}

const unknown = (message: string): Refusal => ({ code: 'UNKNOWN_NAME', message });
const none = (message: string): Refusal => ({ code: 'PROMOTION_NONE', message });
const refused = (message: string): Refusal => ({ code: 'PROMOTION_REFUSED', message });
