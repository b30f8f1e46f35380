// The tokens with which people and CI use the API from elsewhere. Only a hash of the secret is kept,
// so the store gives nobody away; ends by time, or when revoked.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { World } from '../../protocol/world.ts';
import type { EventLog } from '../eventlog.ts';
import type { Store } from '../store/store.ts';

export type Scope = 'view' | 'admin';

export interface ApiToken {
  readonly id: string;
  readonly scope: Scope;
}

export interface ApiTokenRequest {
  readonly scope: Scope;
  readonly hours: number;
  readonly actor: string;
}

interface Stored extends ApiToken {
  readonly hash: string;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly actor: string;
}

export interface ApiTokens {
  create(request: ApiTokenRequest): Promise<{ readonly id: string; readonly token: string }>;
  /** Undefined for what is no valid token of ours, whatever is wrong with it. */
  authenticate(bearer: string): Promise<ApiToken | undefined>;
  /** False when there is none of that id. */
  revoke(id: string, actor: string): Promise<boolean>;
}

const prefix = 'api-tokens/';
const tokenPattern = /^brine-api\.([0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

export function apiTokens(store: Store, log: EventLog, world: World): ApiTokens {
  return {
    create: async ({ scope, hours, actor }) => {
      const id = randomBytes(6).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const createdAt = world.now();
      const expiresAt = createdAt + hours * 3_600_000;
      const stored: Stored = { id, scope, hash: hashOf(secret), expiresAt, createdAt, actor };
      const outdated = (await store.range(prefix))
        .filter(({ value }) => (value as Stored).expiresAt <= createdAt)
        .map(({ key }) => ({ delete: key }));
      const message = `token ${id} for the API was made, scope ${scope}`;
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
      const stored = (await store.get(`${prefix}${id}`))?.value as Stored | undefined;
      // A hash is compared in any case, so that an id that exists takes no longer.
      const right = sameHash(hashOf(secret), stored?.hash ?? hashOf(''));
      if (stored === undefined || !right || stored.expiresAt <= world.now()) return undefined;
      return { id, scope: stored.scope };
    },

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
