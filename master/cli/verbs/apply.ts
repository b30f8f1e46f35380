// `master apply <env>`: brings the environment to its states and stays until that is done. The plan is
// shown and a person says yes to it first; what is applied is that plan and no other.

import { Fault } from '../../../states/faults.ts';
import type { ApplyAnswer, ApplyRequest, PlanView } from '../../api/contract.ts';
import { confirmed, refuseUnasked, told } from '../confirm.ts';
import { pageOf, type Context } from '../context.ts';
import { exits, noopExit, planExit } from '../exit.ts';
import { planText, summary } from '../render/plan.ts';
import { harmless, wrap } from '../render/text.ts';
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
  const { actor } = context;
  const hosts = options.host === undefined ? {} : { hosts: options.host };
  const request: ApplyRequest = { environment, actor, ...hosts };
  if (options.yes === true) return started(context, await send(context, request), options);
  refuseUnasked(context, 'apply');
  return askAndApply(context, request, options);
}

const send = (context: Context, request: ApplyRequest): Promise<ApplyAnswer> =>
  context.client.send<ApplyAnswer>('POST', '/v1/apply', request);

/** Asks again, of the new plan, where the states moved on while the person read. */
async function askAndApply(
  context: Context,
  request: ApplyRequest,
  options: ApplyOptions,
): Promise<number> {
  for (;;) {
    const plan = await askPlan(context, request.environment, { ...options, toApply: true });
    told(context)(planText(plan, pageOf(context)));
    if (plan.hosts.some((each) => each.problems.length > 0)) return planExit(plan, false);
    if (!(await agreed(context, plan))) {
      context.err('Nothing was changed.');
      return exits.invalid;
    }
    try {
      const answer = await send(context, { ...request, plan: plan.id });
      return await started(context, answer, { ...options, shown: true });
    } catch (error) {
      if (!(error instanceof Fault) || error.data.code !== 'PLAN_OUTDATED') throw error;
      const words = `Nothing was changed: ${error.data.message}. This is the plan now:`;
      const lines = wrap(harmless(words), context.columns());
      told(context)(['', ...lines.map(context.style.warn), ''].join('\n'));
    }
  }
}

/**
 * Where all is as it should be there is nothing to ask: the master only records the release as the
 * wanted one. A host that is away would do later what nobody has seen now.
 */
async function agreed(context: Context, plan: PlanView): Promise<boolean> {
  if (plan.hosts.every((each) => each.state === 'in-sync')) return true;
  const name = harmless(plan.environment);
  const question = plan.removes ? `Remove all of ${name}?` : `Apply this to ${name}?`;
  return confirmed(context, question);
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
