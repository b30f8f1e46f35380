// What a token may do: look at everything, release some images, change some environments, or all of it.
// The one place where that is decided, for every route.

import { globMatches } from '../../states/glob.ts';

/** `view` · `release:<image>` · `deploy:<environment>` · `admin`; names may be globs. */
export type Scope = 'view' | 'admin' | `release:${string}` | `deploy:${string}`;

export function parseScope(raw: string): Scope | undefined {
  if (raw === 'view' || raw === 'admin') return raw;
  return /^(release|deploy):[a-z0-9*?-]{1,63}$/.test(raw) ? (raw as Scope) : undefined;
}

/** What a route asks for, and of which images or environments. */
export type Need =
  | { readonly to: 'view' | 'admin' }
  /** None named: all of them. */
  | { readonly to: 'release' | 'deploy'; readonly names: readonly string[] };

/** Stands for all there are; `*` alone matches it. */
const anything = '*';

/** Undefined where the scopes are enough; else in words what is missing. */
export function missingScope(need: Need, scopes: readonly Scope[]): string | undefined {
  if (scopes.includes('admin')) return undefined;
  if (!('names' in need)) {
    return need.to === 'view' && scopes.includes('view') ? undefined : need.to;
  }
  const { to } = need;
  const patterns = scopes
    .filter((scope) => scope.startsWith(`${to}:`))
    .map((scope) => scope.slice(to.length + 1));
  const covers = (name: string): boolean =>
    patterns.some((pattern) => (name === anything ? pattern === '*' : globMatches(pattern, name)));
  const names = need.names.length === 0 ? [anything] : need.names;
  const lacking = names.find((name) => !covers(name));
  return lacking === undefined ? undefined : `${to}:${lacking}`;
}

/** What a request names under a key, before it is checked: a name, a list of them, or a map by them. */
export function namesIn(raw: unknown, key: string): readonly string[] {
  const value: unknown =
    typeof raw === 'object' && raw !== null && Object.hasOwn(raw, key)
      ? (raw as Record<string, unknown>)[key]
      : undefined;
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
