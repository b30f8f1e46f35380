// `master plan <env>`: what an apply would do now. Writes nothing anywhere.

import type { PlanRequest, PlanView } from '../../api/contract.ts';
import { show, type Context } from '../context.ts';
import { planExit } from '../exit.ts';
import { planText } from '../render/plan.ts';

export interface PlanOptions {
  readonly host?: string;
  readonly exitCode?: boolean;
}

export async function plan(
  context: Context,
  environment: string,
  { host, exitCode }: PlanOptions,
): Promise<number> {
  const view = await askPlan(context, environment, { ...(host === undefined ? {} : { host }) });
  show(context, view, (page) => planText(view, page));
  return planExit(view, exitCode === true);
}

export function askPlan(
  context: Context,
  environment: string,
  { host, toApply }: { readonly host?: string; readonly toApply?: boolean },
): Promise<PlanView> {
  const body: PlanRequest = {
    environment,
    ...(host === undefined ? {} : { hosts: host }),
    ...(toApply === undefined ? {} : { toApply }),
  };
  return context.client.send<PlanView>('POST', '/v1/plan', body);
}
