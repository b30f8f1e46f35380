// The tokens with which hosts join. Only a hash of the secret is kept; a token ends by time, by use,
// or when it is revoked.

import { hashSecret, isSecretOf, makeToken, tokenText } from '../../protocol/identity/token.ts';
import { limits } from '../../protocol/limits.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { TokenAnswer, TokenRequest, TokenView } from '../api/fleet-contract.ts';
import type { EventLog } from '../eventlog.ts';
import type { Entry, Store } from '../store/store.ts';

export interface JoinTokenRecord extends TokenView {
  readonly hash: string;
  readonly createdAt: number;
  readonly actor: string;
}

export interface JoinTokens {
  /** The text of the token is in the answer and nowhere else. */
  create(request: TokenRequest): Promise<TokenAnswer>;
  /** Those that are not past their time, the oldest first. */
  list(): Promise<readonly TokenView[]>;
  /** False when there is none of that id. */
  revoke(id: string, actor: string): Promise<boolean>;
  /** The record, expired or used up as it may be; undefined where id or secret are wrong. */
  find(id: string, secret: string): Promise<Entry<JoinTokenRecord> | undefined>;
}

export interface JoinTokensOptions {
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  /** sha256 of the CA's certificate. */
  readonly digest: () => string;
  /** How minions reach the master: `wss://host:port`. */
  readonly url: () => string;
}

const prefix = 'tokens/';
const idPattern = /^[0-9a-f]{12}$/;
const boundPattern = /^[a-z0-9.*?-]{1,63}$/;

export function joinTokens({ store, eventlog, world, digest, url }: JoinTokensOptions): JoinTokens {
  const all = async (): Promise<Entry<JoinTokenRecord>[]> =>
    (await store.range(prefix)).map((entry) => ({
      ...entry,
      value: entry.value as JoinTokenRecord,
    }));

  return {
    create: async ({ labels, uses, hours, id: bound = null, actor }) => {
      if (bound !== null && !boundPattern.test(bound)) {
        throw fault('BAD_USAGE', `not the id of a host, nor a pattern for one: ${bound}`);
      }
      const now = world.now();
      const present = await all();
      const past = present.filter(({ value }) => value.expiresAt <= now);
      if (present.length - past.length >= limits.joinTokensMax) {
        throw fault('BAD_USAGE', `there are ${limits.joinTokensMax} tokens; revoke some first`);
      }
      const token = makeToken(digest());
      const { id } = token;
      const expiresAt = now + Math.round(hours * 3_600_000);
      const record: JoinTokenRecord = {
        ...{ id, labels, usesLeft: uses, expiresAt, bound },
        ...{ hash: hashSecret(token.secret), createdAt: now, actor },
      };
      const whose = bound === null ? '' : ` for ${bound}`;
      const message = `join token ${id}${whose} was made, for ${uses} ${uses === 1 ? 'use' : 'uses'}`;
      const done = await eventlog.commit(
        [{ key: `${prefix}${id}`, revision: 0 }],
        [{ put: `${prefix}${id}`, value: record }, ...past.map(({ key }) => ({ delete: key }))],
        [{ kind: 'token', what: 'created', actor, cause: 'request', message }],
      );
      if (!done) throw new Error('two tokens of one id');
      return { id, token: tokenText(token), url: url(), expiresAt };
    },

    list: async () =>
      (await all())
        .map(({ value }) => value)
        .filter(({ expiresAt }) => expiresAt > world.now())
        .sort((one, two) => one.createdAt - two.createdAt)
        .map(({ id, labels, usesLeft, expiresAt, bound }) => ({
          ...{ id, labels, usesLeft, expiresAt, bound },
        })),

    revoke: async (id, actor) => {
      for (;;) {
        const entry = idPattern.test(id) ? await store.get(`${prefix}${id}`) : undefined;
        if (entry === undefined) return false;
        const message = `join token ${id} was revoked`;
        const done = await eventlog.commit(
          [{ key: entry.key, revision: entry.revision }],
          [{ delete: entry.key }],
          [{ kind: 'token', what: 'revoked', actor, cause: 'request', message }],
        );
        if (done) return true; // Else a host has just joined with it, and it is another record.
      }
    },

    find: async (id, secret) => {
      const entry = idPattern.test(id) ? await store.get(`${prefix}${id}`) : undefined;
      const record = entry?.value as JoinTokenRecord | undefined;
      if (!isSecretOf(secret, record?.hash) || entry === undefined || record === undefined) {
        return undefined;
      }
      return { ...entry, value: record };
    },
  };
}
