// What people say to one stage of the pipeline: promote, approve, hold, resume, retry, abort, and the
// question why it is not further.

import type {
  ApproveRequest,
  ExplainView,
  HoldRequest,
  PipelineView,
  PromoteRequest,
  StageAnswer,
  StageView,
} from '../../api/pipeline-contract.ts';
import { fault } from '../../../states/faults.ts';
import { parseDuration } from '../../../states/units.ts';
import { pageOf, show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { conditionWords, explainText, untilWords } from '../render/promotion.ts';
import { harmless, wrap } from '../render/text.ts';

export interface PromoteOptions {
  readonly force?: boolean;
  readonly why?: string;
  readonly detach?: boolean;
}

export async function promote(
  context: Context,
  { release, environment }: { readonly release: string; readonly environment: string },
  { force, why, detach }: PromoteOptions,
): Promise<number> {
  if ((force === true) !== (why !== undefined)) {
    throw fault('BAD_USAGE', '--force and --why belong together: the reason is kept with it');
  }
  const { actor } = context;
  const body: PromoteRequest = { release, actor, ...(why === undefined ? {} : { force: { why } }) };
  return begun(context, await tell(context, environment, 'promote', body), detach);
}

export async function retry(
  context: Context,
  environment: string,
  { detach }: Pick<PromoteOptions, 'detach'>,
): Promise<number> {
  const body = { actor: context.actor };
  return begun(context, await tell(context, environment, 'retry', body), detach);
}

/** Stays with what was begun, unless that is not wanted. */
export async function begun(
  context: Context,
  answer: StageAnswer,
  detach: boolean | undefined,
): Promise<number> {
  const { promotion, stage, since } = answer;
  if (promotion !== null && detach !== true) {
    const { attendPromotion } = await import('../attend-promotion.ts');
    return attendPromotion(context, { promotion, since, leaveBlocked: true });
  }
  const name = harmless(stage.environment);
  const id = promotion === null ? name : promotion.id;
  said(context, answer, `${id} goes on. Follow it with: master watch ${name}`);
  return exits.converged;
}

export async function approve(
  context: Context,
  environment: string,
  { release }: { readonly release?: string },
): Promise<number> {
  const { actor } = context;
  const body: ApproveRequest = { actor, ...(release === undefined ? {} : { release }) };
  const answer = await tell(context, environment, 'approve', body);
  const name = release ?? answer.promotion?.release ?? 'What waits';
  said(context, answer, `${name} is approved for ${environment}. ${nextWords(context, answer)}`);
  return exits.converged;
}

export async function hold(
  context: Context,
  environment: string,
  { why, until }: { readonly why: string; readonly until?: string },
): Promise<number> {
  const now = context.world.now();
  const body: HoldRequest = { why, actor: context.actor, ...minutes(until, now) };
  const answer = await tell(context, environment, 'hold', body);
  const when = untilWords(answer.stage.hold?.until ?? null, now);
  const end = when === '' ? `until: master resume ${environment}` : when;
  said(context, answer, `Nothing enters ${environment} by itself, ${end}`);
  return exits.converged;
}

export async function resume(context: Context, environment: string): Promise<number> {
  const answer = await tell(context, environment, 'resume', { actor: context.actor });
  said(context, answer, `${environment} goes on. ${nextWords(context, answer)}`);
  return exits.converged;
}

/** Of what is under way in the stage, else of what waits there. */
export async function abortStage(context: Context, environment: string): Promise<number> {
  const answer = await tell(context, environment, 'abort', { actor: context.actor });
  const id = answer.promotion?.id ?? 'It';
  said(
    context,
    answer,
    `${id} is told to end. See how it stands with: master status ${environment}`,
  );
  return exits.converged;
}

export async function explain(context: Context, environment: string): Promise<number> {
  const path = `/v1/explain/${encodeURIComponent(environment)}`;
  const view = await context.client.get<ExplainView>(path);
  const now = context.world.now();
  show(context, view, (page) => explainText(view, now, page));
  return exits.converged;
}

/** Undefined where the environment is no stage of a pipeline. */
export async function stageOf(
  { client }: Context,
  environment: string,
): Promise<StageView | undefined> {
  const { stages } = await client.get<PipelineView>('/v1/pipeline');
  return stages.find((stage) => stage.environment === environment);
}

export function tell(
  context: Context,
  environment: string,
  verb: string,
  body: unknown,
): Promise<StageAnswer> {
  const path = `/v1/environments/${encodeURIComponent(environment)}/${verb}`;
  return context.client.send<StageAnswer>('POST', path, body);
}

/** `2h`, or an instant with its zone; as whole minutes from now, which is what the API takes. */
export function minutes(until: string | undefined, now: number): { readonly minutes?: number } {
  if (until === undefined) return {};
  const length = parseDuration(until);
  const zoned = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(until);
  const ms = length.ok ? length.value : zoned ? Date.parse(until) - now : Number.NaN;
  if (Number.isNaN(ms)) {
    const like = '2h, 3d or 2026-11-24T18:00Z';
    throw fault('BAD_USAGE', `--until takes a time like ${like}, not ${until}`);
  }
  if (ms <= 0) throw fault('BAD_USAGE', `--until ${until} is over already`);
  return { minutes: Math.ceil(ms / 60_000) };
}

const nextWords = (context: Context, { stage }: StageAnswer): string =>
  `Now: ${conditionWords(stage.next, context.world.now())}`;

function said(context: Context, answer: StageAnswer, text: string): void {
  const lines = (): string => wrap(harmless(text), pageOf(context).width).join('\n');
  context.out(context.json ? JSON.stringify(answer) : lines());
}
