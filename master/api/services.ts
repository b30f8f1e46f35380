// What the API asks of the rest of the master: one method per thing a client can want. The server
// turns HTTP into these calls and nothing else.

import type { EventLog } from '../eventlog.ts';
import type { HookCall } from '../triggers/hook-proof.ts';
import type { HookAnswer } from '../triggers/hooks.ts';
import type { ApiToken, ApiTokenRequest } from './tokens.ts';
import type { Command } from '../pipeline/events.ts';
import type {
  ApplyAnswer,
  ApplyRequest,
  PlanRequest,
  PlanView,
  RollbackRequest,
  RolloutView,
  Routes,
  StatusView,
} from './contract.ts';
import type {
  ApiTokenView,
  HostView,
  PingView,
  TokenAnswer,
  TokenRequest,
  TokenView,
} from './fleet-contract.ts';
import type {
  ExplainView,
  FreezeRequest,
  FreezeView,
  PipelineView,
  PromotionView,
  ReleaseAnswer,
  ReleaseRequest,
  ReleaseView,
  StageAnswer,
} from './pipeline-contract.ts';
import type { KeyDecision, KeysView } from './key-contract.ts';

export interface LogQuery {
  readonly environment: string;
  readonly service: string;
  readonly lines: number;
}

export interface OutputQuery {
  readonly test?: string;
  readonly host?: string;
}

export interface LabelChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly actor: string;
}

/** What is asked of one stage. */
export type StageCommand = Extract<Command, { environment: unknown }>;

export interface Services {
  readonly events: Pick<EventLog, 'since' | 'subscribe'>;
  status(environment?: string): Promise<StatusView>;
  history(environment: string): Promise<readonly RolloutView[]>;
  rollout(id: string): Promise<RolloutView>;
  plan(request: PlanRequest): Promise<PlanView>;
  apply(request: ApplyRequest): Promise<ApplyAnswer>;
  rollback(request: RollbackRequest): Promise<ApplyAnswer>;
  abort(id: string, actor: string): Promise<RolloutView>;
  pipeline(): Promise<PipelineView>;
  releases(): Promise<readonly ReleaseView[]>;
  release(id: string): Promise<ReleaseView>;
  explain(environment: string): Promise<ExplainView>;
  promotion(id: string): Promise<PromotionView>;
  /** Of an environment, newest first. */
  promotions(environment: string): Promise<readonly PromotionView[]>;
  createRelease(request: ReleaseRequest): Promise<ReleaseAnswer>;
  /** Throws PROMOTION_REFUSED and PROMOTION_NONE with the reason in words. */
  stage(command: StageCommand): Promise<StageAnswer>;
  freeze(request: FreezeRequest): Promise<FreezeView>;
  unfreeze(id: string, actor: string): Promise<void>;
  /** ACCESS_DENIED alike for a hook that there is not and for a wrong proof. */
  hook(name: string, call: HookCall): Promise<HookAnswer>;
  ping(hosts?: string): Promise<PingView>;
  hosts(): Promise<readonly HostView[]>;
  label(host: string, changes: LabelChanges): Promise<HostView>;
  removeHost(host: string, actor: string): Promise<void>;
  logs(host: string, query: LogQuery): Promise<Routes['logs']>;
  /** What the tests of a promotion said; UNKNOWN_NAME where nothing is kept. */
  testOutput(promotion: string, query: OutputQuery): Promise<Routes['output']>;
  keys(): Promise<KeysView>;
  /** UNKNOWN_NAME where nothing has that id and that key any more. */
  decideKey(id: string, decision: KeyDecision): Promise<void>;
  /** Begins to change the authority's key; with `finish` ends it, whoever has not followed. */
  rotateCa(actor: string, finish: boolean): Promise<void>;
  tokens(): Promise<readonly TokenView[]>;
  apiTokens(): Promise<readonly ApiTokenView[]>;
  createToken(request: TokenRequest): Promise<TokenAnswer>;
  revokeToken(id: string, actor: string): Promise<void>;
  createApiToken(
    request: ApiTokenRequest,
  ): Promise<{ readonly id: string; readonly token: string }>;
  authenticate(bearer: string): Promise<ApiToken | undefined>;
}
