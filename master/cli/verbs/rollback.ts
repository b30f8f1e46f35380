// `master rollback <env>`: back to what ran before, or to a release named; and `master abort <env>`.

import type {
  ApplyAnswer,
  EnvironmentStatus,
  RollbackRequest,
  RolloutView,
  StageRollbackRequest,
  StageView,
  StatusView,
} from '../../api/contract.ts';
import { fault } from '../../../states/faults.ts';
import { withQuery } from '../client.ts';
import { rollbackTarget } from '../../views/rollback.ts';
import { confirmed } from '../confirm.ts';
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
  const stage = await stageOf(context, environment);
  if (context.interactive && options.yes !== true && !context.json) {
    if (!(await agreed(context, environment, options.to, stage))) {
      context.out('Nothing was changed.');
      return exits.invalid;
    }
  }
  const { actor, client } = context;
  if (stage !== undefined) return rollBackStage(context, environment, options);
  const to = options.to === undefined ? {} : { release: options.to };
  const body: RollbackRequest = { environment, actor, ...to };
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

export async function statusOf(context: Context, environment: string): Promise<EnvironmentStatus> {
  const status = await context.client.get<StatusView>(withQuery('/v1/status', { environment }));
  const found = status.environments.find((each) => each.environment === environment);
  if (found === undefined) throw fault('UNKNOWN_NAME', `no environment is named ${environment}`);
  return found;
}

/** To what was verified in that stage; it goes through the pipeline, which writes its versions file. */
async function rollBackStage(
  context: Context,
  environment: string,
  { to, detach }: RollbackOptions,
): Promise<number> {
  const body: StageRollbackRequest = {
    actor: context.actor,
    ...(to === undefined ? {} : { release: to }),
  };
  return begun(context, await tell(context, environment, 'rollback', body), detach);
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
  context.out(wrap(text, context.columns()).join('\n'));
  return confirmed(context, `Roll ${name} back?`);
}

async function agreed(
  context: Context,
  environment: string,
  to: string | undefined,
  stage: StageView | undefined,
): Promise<boolean> {
  if (stage !== undefined) return agreedInStage(context, stage, to);
  const status = await statusOf(context, environment);
  const path = `/v1/history/${encodeURIComponent(environment)}`;
  const { rollouts } = await context.client.get<{ rollouts: readonly RolloutView[] }>(path);
  const before = rollbackTarget(rollouts, to);
  const now = `${harmless(status.release ?? 'nothing')} (${imageWords(status.images)})`;
  const target =
    before === undefined
      ? (to ?? 'what ran before')
      : `${harmless(before.release)} (${imageWords(before.images)}), which succeeded ${ago(
          before.endedAt ?? before.startedAt,
          context.world.now(),
        )}`;
  const text = `${harmless(environment)} runs release ${now}. It goes back to release ${target}.`;
  context.out(wrap(text, context.columns()).join('\n'));
  return confirmed(context, `Roll ${harmless(environment)} back?`);
}
