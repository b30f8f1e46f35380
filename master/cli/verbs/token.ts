// `master token create|list|revoke`: what lets a new host join, or a program use the API.

import type { Routes, StatusView } from '../../api/contract.ts';
import type { TokenAnswer, TokenRequest } from '../../api/fleet-contract.ts';
import { fault } from '../../../states/faults.ts';
import { unknownName } from '../../../states/unknown-name.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { apiTokensText, tokenText, tokensText } from '../render/fleet.ts';
import { harmless, wrap } from '../render/text.ts';
import { labelChanges, wholeNumber } from './hosts.ts';

export interface CreateOptions {
  readonly label: readonly string[];
  readonly uses: string;
  readonly expires: string;
  readonly id?: string;
  readonly api?: boolean;
  readonly scope: readonly string[];
}

export async function createToken(context: Context, options: CreateOptions): Promise<number> {
  if (options.api === true) return createApiToken(context, options);
  if (options.scope.length > 0) throw fault('BAD_USAGE', '--scope is for tokens of the API: --api');
  const { set, remove } = labelChanges(options.label);
  if (remove.length > 0) throw fault('BAD_USAGE', `--label takes key=value, not ${remove[0]}-`);
  const body: TokenRequest = {
    labels: set,
    uses: wholeNumber(options.uses, '--uses'),
    hours: hoursOf(options.expires),
    actor: context.actor,
    ...(options.id === undefined ? {} : { id: options.id }),
  };
  const answer = await context.client.send<TokenAnswer>('POST', '/v1/tokens', body);
  const now = context.world.now();
  // In a pipe the token alone: `TOKEN=$(master token create …)`.
  show(context, answer, (page) =>
    context.terminal ? tokenText(answer, now, page) : harmless(answer.token),
  );
  return exits.converged;
}

export async function listTokens(context: Context): Promise<number> {
  const answer = await context.client.get<Routes['tokens']>('/v1/tokens');
  const now = context.world.now();
  show(context, answer, (page) => {
    const api = apiTokensText(answer.api, now, page);
    return [tokensText(answer.tokens, now, page), ...(api === '' ? [] : [api])].join('\n\n');
  });
  return exits.converged;
}

export async function revokeToken(context: Context, id: string): Promise<number> {
  const path = `/v1/tokens/${encodeURIComponent(id)}?actor=${encodeURIComponent(context.actor)}`;
  const view = await context.client.send<unknown>('DELETE', path);
  const text = `Token ${harmless(id)} is revoked. Hosts that joined with one stay.`;
  context.out(context.json ? JSON.stringify(view ?? {}) : text);
  return exits.converged;
}

/** `30m`, `24h`, `7d`. */
export function hoursOf(text: string): number {
  const [, amount, unit] = /^([1-9][0-9]{0,4})(m|h|d)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    throw fault('BAD_USAGE', `--expires takes a time like 30m, 24h or 7d, not ${text}`);
  }
  return (Number(amount) * { m: 1, h: 60, d: 1_440 }[unit as 'm' | 'h' | 'd']) / 60;
}

async function createApiToken(
  context: Context,
  { scope: scopes, expires }: CreateOptions,
): Promise<number> {
  if (scopes.length === 0) {
    const kinds = 'view, release:<image>, deploy:<environment> or admin';
    throw fault('BAD_USAGE', `--api takes what the token is for: --scope ${kinds}`);
  }
  const body = { scopes, hours: hoursOf(expires), actor: context.actor };
  const answer = await context.client.send<{ token: string }>('POST', '/v1/api-tokens', body);
  await warnOfUnknown(context, scopes);
  show(context, answer, () =>
    context.terminal
      ? `${answer.token}\n\nShown this once; it ends in ${expires}. Use it with --url and BRINE_TOKEN.`
      : answer.token,
  );
  return exits.converged;
}

/** It may come yet, so the token is made all the same. */
async function warnOfUnknown(context: Context, scopes: readonly string[]): Promise<void> {
  const named = scopes.flatMap((scope) => /^deploy:([^*?]+)$/.exec(scope)?.[1] ?? []);
  if (named.length === 0) return;
  const { environments } = await context.client.get<StatusView>('/v1/status');
  const names = environments.map(({ environment }) => environment);
  for (const name of named.filter((each) => !names.includes(each))) {
    const { message } = unknownName('environment is named', name, names).data;
    const words = harmless(`warning: ${message}`);
    context.err(wrap(words, context.columns()).map(context.style.warn).join('\n'));
  }
}
