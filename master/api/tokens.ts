// The tokens with which people and CI use the API from elsewhere. Only a hash of the secret is kept,
// so the store gives nobody away; ends by time, or when revoked.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { World } from '../../protocol/world.ts';
import type { ApiTokenView } from './fleet-contract.ts';
import type { Scope } from './scopes.ts';
import type { EventLog } from '../eventlog.ts';
import type { Entry, Store } from '../store/store.ts';

export interface ApiToken {
  readonly id: string;
  readonly scopes: readonly Scope[];
}

export interface ApiTokenRequest {
  readonly scopes: readonly Scope[];
  readonly hours: number;
  readonly actor: string;
}

interface Stored extends ApiTokenView {
  readonly hash: string;
}

export interface ApiTokens {
  create(request: ApiTokenRequest): Promise<{ readonly id: string; readonly token: string }>;
  /** Undefined for what is no valid token of ours, whatever is wrong with it. */
  authenticate(bearer: string): Promise<ApiToken | undefined>;
  /** Those that are not past their time, the oldest first. */
  list(): Promise<readonly ApiTokenView[]>;
  /** False when there is none of that id. */
  revoke(id: string, actor: string): Promise<boolean>;
}

const prefix = 'api-tokens/';
/** Its last use is known to the minute: a write for every request would be too many. */
const lastUseMs = 60_000;
const tokenPattern = /^brine-api\.([0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

export function apiTokens(store: Store, log: EventLog, world: World): ApiTokens {
  const used = async ({ key, value, revision }: Entry, now: number): Promise<void> => {
    const stored = value as Stored;
    if (stored.lastUsedAt !== null && now - stored.lastUsedAt < lastUseMs) return;
    // Where it was revoked, or used elsewhere, in the same moment, nothing is written.
    await store.commit([{ key, revision }], [{ put: key, value: { ...stored, lastUsedAt: now } }]);
  };

  return {
    create: async ({ scopes, hours, actor }) => {
      const id = randomBytes(6).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const createdAt = world.now();
      const expiresAt = createdAt + hours * 3_600_000;
      const stored: Stored = {
        ...{ id, scopes, hash: hashOf(secret), expiresAt, createdAt, actor, lastUsedAt: null },
      };
      const outdated = (await store.range(prefix))
        .filter(({ value }) => (value as Stored).expiresAt <= createdAt)
        .map(({ key }) => ({ delete: key }));
      const message = `token ${id} for the API was made, scope ${scopes.join(' ')}`;
      const done = await log.commit(
        [{ key: `${prefix}${id}`, revision: 0 }],
        [{ put: `${prefix}${id}`, value: stored }, ...outdated],
        [{ kind: 'token', what: 'created', actor, cause: 'request', message }],
      );
      if (!done) throw new Error('two tokens of one id');
      return { id, token: `brine-api.${id}.${secret}` };
    },

    authenticate: async (bearer) => {
      const [, id, secret] = tokenPattern.exec(bearer) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const entry = await store.get(`${prefix}${id}`);
      const stored = entry?.value as Stored | undefined;
      // A hash is compared in any case, so that an id that exists takes no longer.
      const right = sameHash(hashOf(secret), stored?.hash ?? hashOf(''));
      const now = world.now();
      if (entry === undefined || stored === undefined || !right) return undefined;
      if (stored.expiresAt <= now) return undefined;
      await used(entry, now);
      return { id, scopes: stored.scopes };
    },

    list: async () =>
      (await store.range(prefix))
        .map(({ value }) => value as Stored)
        .filter(({ expiresAt }) => expiresAt > world.now())
        .sort((one, two) => one.createdAt - two.createdAt)
        .map(({ id, scopes, createdAt, expiresAt, lastUsedAt, actor }) => ({
          ...{ id, scopes, createdAt, expiresAt, lastUsedAt, actor },
        })),

    revoke: async (id, actor) => {
      if (!/^[0-9a-f]{12}$/.test(id)) return false;
      const entry = await store.get(`${prefix}${id}`);
      if (entry === undefined) return false;
      const message = `token ${id} for the API was revoked`;
      const done = await log.commit(
        [{ key: entry.key, revision: entry.revision }],
        [{ delete: entry.key }],
        [{ kind: 'token', what: 'revoked', actor, cause: 'request', message }],
      );
      return done !== undefined;
    },
  };
}

/** Enough for a secret of 256 random bits; a slow hash is for what people choose. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const sameHash = (one: string, two: string): boolean =>
  timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(two, 'hex'));
