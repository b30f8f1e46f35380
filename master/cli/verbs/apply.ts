// `master apply <env>`: brings the environment to its states and stays until that is done. On a
// terminal the plan is shown and a person says yes to it first.

import type { ApplyAnswer, ApplyRequest } from '../../api/contract.ts';
import { pageOf, type Context } from '../context.ts';
import { exits, noopExit, planExit } from '../exit.ts';
import { planText, summary } from '../render/plan.ts';
import { harmless } from '../render/text.ts';
import { askPlan } from './plan.ts';

export interface ApplyOptions {
  readonly host?: string;
  readonly detach?: boolean;
  readonly yes?: boolean;
}

export async function apply(
  context: Context,
  environment: string,
  options: ApplyOptions,
): Promise<number> {
  const shown = context.interactive && options.yes !== true && !context.json;
  if (shown) {
    const refused = await shownAndRefused(context, environment, options.host);
    if (refused !== undefined) return refused;
  }
  const { actor, client } = context;
  const body: ApplyRequest = {
    environment,
    actor,
    ...(options.host === undefined ? {} : { hosts: options.host }),
  };
  const answer = await client.send<ApplyAnswer>('POST', '/v1/apply', body);
  return started(context, answer, { ...options, shown });
}

/** What follows once the master has answered; the same for an apply and a rollback. */
export async function started(
  context: Context,
  answer: ApplyAnswer,
  options: Pick<ApplyOptions, 'detach'> & { readonly shown?: boolean },
): Promise<number> {
  const { rollout, plan, since } = answer;
  if (context.json && (rollout === null || options.detach === true)) {
    context.out(JSON.stringify(answer));
  }
  if (rollout === null) {
    if (!context.json && options.shown !== true) context.out(summary(plan, context.style));
    return noopExit(plan);
  }
  if (options.detach !== true) {
    // Loaded only now: an apply that finds nothing to do is over sooner without it.
    const { attend } = await import('../attend.ts');
    return attend(context, { rollout, since, plan });
  }
  if (!context.json) {
    const name = harmless(rollout.environment);
    context.out(`${rollout.id} started for ${name}. Follow it with: master watch ${name}`);
  }
  return exits.converged;
}

/** The exit code where nothing is to be started, undefined to go on. */
async function shownAndRefused(
  context: Context,
  environment: string,
  host: string | undefined,
): Promise<number | undefined> {
  const plan = await askPlan(context, environment, host);
  context.out(planText(plan, pageOf(context)));
  if (plan.hosts.some((each) => each.problems.length > 0)) return planExit(plan, false);
  // Nothing to change still goes to the master, which records the release as the wanted one.
  if (plan.hosts.every((each) => each.state !== 'changes')) return undefined;
  const question = `Apply this to ${harmless(plan.environment)}?`;
  const { confirmed } = await import('../confirm.ts');
  if (await confirmed(context, question)) return undefined;
  context.out('Nothing was changed.');
  return exits.invalid;
}
