// `master rollback <env>`: back to what ran before, or to a release named; and `master abort <env>`.

import type {
  ApplyAnswer,
  EnvironmentStatus,
  RollbackRequest,
  RolloutView,
  Routes,
  StatusView,
} from '../../api/contract.ts';
import type { StageRollbackRequest, StageView } from '../../api/pipeline-contract.ts';
import { fault } from '../../../states/faults.ts';
import { parseRolloutId } from '../../../states/ids.ts';
import { unknownName } from '../../../states/unknown-name.ts';
import { withQuery } from '../client.ts';
import { rollbackTarget } from '../../views/rollback.ts';
import { confirmed, refuseUnasked } from '../confirm.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';
import { imageWords } from '../render/heading.ts';
import { harmless, wrap } from '../render/text.ts';
import { ago } from '../render/time.ts';
import { started } from './apply.ts';
import { abortStage, begun, stageOf, tell } from './stage.ts';

export interface RollbackOptions {
  readonly to?: string;
  readonly detach?: boolean;
  readonly yes?: boolean;
}

export async function rollback(
  context: Context,
  environment: string,
  options: RollbackOptions,
): Promise<number> {
  if (options.yes !== true) refuseUnasked(context, 'rollback');
  const stage = await stageOf(context, environment);
  if (stage !== undefined) return rollBackStage(context, stage, options);
  const target = options.yes === true ? undefined : await targetOf(context, environment, options);
  if (target !== undefined && !(await agreed(context, environment, target))) {
    context.err('Nothing was changed.');
    return exits.invalid;
  }
  const { actor, client } = context;
  // What was shown is named: something else may have succeeded while the person read.
  const to = target?.id ?? options.to;
  const release = to === undefined ? {} : { release: to };
  const body: RollbackRequest = { environment, actor, ...release };
  const answer = await client.send<ApplyAnswer>('POST', '/v1/rollback', body);
  const code = await started(context, answer, options);
  if (code === exits.converged && !context.json)
    context.out(wrap(stillAsked(environment), context.columns()).join('\n'));
  return code;
}

/** Going back changes nothing in git: what it asks for would come back unnoticed. */
const stillAsked = (environment: string): string =>
  `The states still ask for what was left: revert their commit, or the next master apply ${harmless(environment)} brings it back.`;

export async function abort(context: Context, environment: string): Promise<number> {
  const stage = await stageOf(context, environment);
  if (stage !== undefined && (stage.active ?? stage.waiting) !== null) {
    return abortStage(context, environment);
  }
  const { current } = await statusOf(context, environment);
  if (current === null) throw fault('ROLLOUT_NONE', `nothing is rolled out to ${environment} now`);
  const path = `/v1/rollouts/${encodeURIComponent(current.id)}/abort`;
  const { actor, client, json } = context;
  const view = await client.send<RolloutView | undefined>('POST', path, { actor });
  const name = harmless(environment);
  const text = `${current.id} stops where it stands. What runs is shown by: master status ${name}`;
  context.out(json ? JSON.stringify(view ?? { id: current.id }) : text);
  return exits.converged;
}

/** Throws UNKNOWN_NAME with what there is. */
export async function statusOf(context: Context, environment: string): Promise<EnvironmentStatus> {
  const status = await context.client.get<StatusView>(withQuery('/v1/status', { environment }));
  const found = status.environments.find((each) => each.environment === environment);
  return found ?? nameUnknown(context, environment);
}

export async function nameUnknown({ client }: Context, environment: string): Promise<never> {
  const { environments } = await client.get<StatusView>('/v1/status');
  const names = environments.map((each) => each.environment);
  throw unknownName('environment is named', environment, names);
}

/** To what was verified in that stage; it goes through the pipeline, which writes its versions file. */
async function rollBackStage(
  context: Context,
  stage: StageView,
  { to, detach, yes }: RollbackOptions,
): Promise<number> {
  const release = await releaseOf(context, to);
  if (yes !== true && !(await agreedInStage(context, stage, release))) {
    context.err('Nothing was changed.');
    return exits.invalid;
  }
  const body: StageRollbackRequest = {
    actor: context.actor,
    ...(release === undefined ? {} : { release }),
  };
  return begun(context, await tell(context, stage.environment, 'rollback', body), detach);
}

/** A rollout stands for the release that it brought. */
async function releaseOf(context: Context, to: string | undefined): Promise<string | undefined> {
  if (to === undefined || parseRolloutId(to) === undefined) return to;
  return (await context.client.get<RolloutView>(`/v1/rollouts/${to}`)).release;
}

async function agreedInStage(
  context: Context,
  { environment, current }: StageView,
  to = 'that was verified there before',
): Promise<boolean> {
  const name = harmless(environment);
  const now =
    current === null ? 'nothing' : `release ${current.release} (${imageWords(current.images)})`;
  const text = `${name} runs ${now}. It goes back to the release ${harmless(to)}.`;
  context.err(wrap(text, context.columns()).join('\n'));
  return confirmed(context, `Roll ${name} back?`);
}

/** Undefined where there is none: the master says why. */
async function targetOf(
  context: Context,
  environment: string,
  { to }: RollbackOptions,
): Promise<RolloutView | undefined> {
  const path = `/v1/history/${encodeURIComponent(environment)}`;
  const { rollouts } = await context.client.get<Routes['history']>(path);
  return rollbackTarget(rollouts, to);
}

async function agreed(
  context: Context,
  environment: string,
  target: RolloutView,
): Promise<boolean> {
  const { release, images } = await statusOf(context, environment);
  const when = ago(target.endedAt ?? target.startedAt, context.world.now());
  const now = `${harmless(release ?? 'nothing')} (${imageWords(images)})`;
  const back = `${harmless(target.release)} (${imageWords(target.images)})`;
  const name = harmless(environment);
  const text = `${name} runs release ${now}. It goes back to release ${back}, which ${target.id} brought ${when}.`;
  context.err(wrap(text, context.columns()).join('\n'));
  return confirmed(context, `Roll ${name} back?`);
}
