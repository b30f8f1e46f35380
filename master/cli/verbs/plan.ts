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
  options: PlanOptions,
): Promise<number> {
  const view = await askPlan(context, environment, options.host);
  show(context, view, (page) => planText(view, page));
  return planExit(view, options.exitCode === true);
}

export function askPlan(context: Context, environment: string, host?: string): Promise<PlanView> {
  const body: PlanRequest = { environment, ...(host === undefined ? {} : { hosts: host }) };
  return context.client.send<PlanView>('POST', '/v1/plan', body);
}
