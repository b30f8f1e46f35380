// Hosts, answers to a ping, join tokens and the history, as tables.

import type { RolloutView } from '../../api/contract.ts';
import type {
  ApiTokenView,
  HostView,
  PingView,
  TokenAnswer,
  TokenView,
} from '../../api/fleet-contract.ts';
import { commitWords, imageWords } from './heading.ts';
import type { Page } from './plan.ts';
import { promotionsLines, type Promoted } from './promotion.ts';
import type { Style } from './style.ts';
import { table, type Cell } from './table.ts';
import { harmless, plural } from './text.ts';
import { ago, coarse } from './time.ts';

export function hostsText(hosts: readonly HostView[], now: number, page: Page): string {
  if (hosts.length === 0) return `No host has joined yet. ${howToJoin}`;
  const rows = hosts.map((host) => [
    harmless(host.id),
    presence({ ...host, ...dockerOf(host) }, now, page.style),
    fact(host, 'address'),
    fact(host, 'docker'),
    harmless(host.version ?? ''),
    labelWords(host.labels),
  ]);
  const head = ['HOST', 'STATE', 'ADDRESS', 'DOCKER', 'MINION', 'LABELS'];
  return table({ head, rows }, page.width, page.style).join('\n');
}

interface Docker {
  readonly dockerDownSince?: number;
}

function dockerOf({ facts }: HostView): Docker {
  const { dockerDownSince: since } = facts;
  return typeof since === 'number' ? { dockerDownSince: since } : {};
}

/** `online`, or since when it is not. */
export function presence(
  host: Pick<HostView, 'online' | 'lastSeen' | 'away' | 'revoked'> & Docker,
  now: number,
  style: Style,
): Cell {
  if (host.revoked === true) return { text: 'revoked', paint: style.bad };
  const { dockerDownSince: down } = host;
  if (host.online && down !== undefined) {
    const words = `Docker down, ${ago(down, now)}`;
    return { text: words, paint: style.bad };
  }
  if (host.online) return { text: 'online', paint: style.good };
  return { text: `offline, ${since(host, now)}`, paint: style.warn };
}

/** Of one that was linked when the master last ended nobody knows when it went. */
function since({ lastSeen, away }: Pick<HostView, 'lastSeen' | 'away'>, now: number): string {
  if (lastSeen === null) return 'never seen';
  return away ? ago(lastSeen, now) : 'not back yet';
}

export function pingText(ping: PingView, page: Page): string {
  const rows = ping.hosts.map((host) => [
    harmless(host.host),
    host.ok
      ? { text: `${(host.ms ?? 0).toFixed(1)} ms`, paint: page.style.good }
      : { text: 'no answer', paint: page.style.bad },
    harmless(host.fault?.message ?? ''),
  ]);
  const answered = ping.hosts.filter((host) => host.ok).length;
  const lines = table({ head: ['HOST', 'ANSWER', ''], rows }, page.width, page.style);
  return [...lines, '', `${answered} of ${plural(ping.hosts.length, 'host')} answered`].join('\n');
}

interface History extends Promoted {
  readonly rollouts: readonly RolloutView[];
}

export function historyText(history: History, now: number, page: Page): string {
  const { promotions, rollouts } = history;
  const promoted = promotions.length === 0 ? [] : [...promotionsLines(history, now, page), ''];
  if (rollouts.length === 0) {
    return [...promoted, 'Nothing was ever rolled out here.'].join('\n');
  }
  const rows = rollouts.map((rollout) => [
    rollout.id,
    ago(rollout.startedAt, now),
    result(rollout, page.style),
    harmless(rollout.cause),
    rollout.release,
    imageWords(rollout.images),
    harmless(rollout.actor),
    harmless(rollout.why ?? commitWords(rollout)),
  ]);
  const head = ['ROLLOUT', 'WHEN', 'RESULT', 'CAUSE', 'RELEASE', 'IMAGES', 'WHO', 'WHY'];
  const rolled = table({ head, rows }, page.width, page.style);
  return [...promoted, ...rolled].join('\n');
}

function result({ phase }: Pick<RolloutView, 'phase'>, style: Style): Cell {
  if (phase === 'succeeded') return { text: phase, paint: style.good };
  const going = phase === 'pulling' || phase === 'rolling-out';
  return { text: phase, paint: going ? style.busy : style.bad };
}

export function tokenText(answer: TokenAnswer, now: number, { style }: Page): string {
  const left = coarse(Math.max(0, Math.round((answer.expiresAt - now) / 1_000)));
  return [
    harmless(answer.token),
    '',
    style.dim(`Shown this once; it ends in ${left}. On the new host:`),
    `  minion join ${harmless(answer.url)} --token ${harmless(answer.token)}`,
    '  minion start',
  ].join('\n');
}

export function tokensText(tokens: readonly TokenView[], now: number, page: Page): string {
  if (tokens.length === 0) return `There is no token. ${howToJoin}`;
  const rows = tokens.map((token) => [
    harmless(token.id),
    String(token.usesLeft),
    token.expiresAt > now ? `in ${coarse(Math.round((token.expiresAt - now) / 1_000))}` : 'ended',
    harmless(token.bound ?? 'any'),
    labelWords(token.labels),
  ]);
  const head = ['TOKEN', 'USES LEFT', 'ENDS', 'HOST', 'LABELS'];
  return table({ head, rows }, page.width, page.style).join('\n');
}

/** Empty where there are none. */
export function apiTokensText(tokens: readonly ApiTokenView[], now: number, page: Page): string {
  if (tokens.length === 0) return '';
  const since = (at: number): string =>
    `${coarse(Math.max(0, Math.round((now - at) / 1_000)))} ago`;
  const rows = tokens.map((token) => [
    harmless(token.id),
    harmless(token.scopes.join(' ')),
    `in ${coarse(Math.max(0, Math.round((token.expiresAt - now) / 1_000)))}`,
    token.lastUsedAt === null ? 'never' : since(token.lastUsedAt),
    harmless(token.actor),
  ]);
  const head = ['API TOKEN', 'SCOPES', 'ENDS', 'LAST USED', 'MADE BY'];
  return table({ head, rows }, page.width, page.style).join('\n');
}

const labelWords = (labels: Readonly<Record<string, string>>): string =>
  harmless(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(' '),
  );

const howToJoin = 'make a new token with `master token create`.';

const fact = (host: HostView, name: string): string => harmless(String(host.facts[name] ?? ''));
