// Which old rollouts are forgotten: all but the newest, and never one that somebody may want to go
// back to.

import type { Store, Write } from '../store/store.ts';
import { keys, readHeads } from './keys.ts';

const kept = { rollouts: 100, succeeded: 10 } as const;

export async function outdatedWrites(
  store: Store,
  environment: string,
  limits: { readonly rollouts: number; readonly succeeded: number } = kept,
): Promise<readonly Write[]> {
  const heads = await readHeads(store, environment);
  const targets = heads.filter(({ phase }) => phase === 'succeeded').slice(0, limits.succeeded);
  const goodToHave = new Set(targets.map(({ id }) => id));
  const outdated = heads.slice(limits.rollouts).filter(({ id }) => !goodToHave.has(id));
  const writes: Write[] = [];
  for (const { id } of outdated) {
    const parts = await Promise.all([keys.hosts(id), keys.states(id)].map((at) => store.range(at)));
    writes.push({ delete: keys.head(id) }, ...parts.flat().map(({ key }) => ({ delete: key })));
  }
  return writes;
}
