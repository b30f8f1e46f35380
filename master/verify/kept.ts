// What tests said, kept in the store: it is bounded on the host already (128 kB a run), goes with a
// backup, and is there for any master that takes over, which files beside one master would not be.

import { z } from 'zod';
import { tested } from '../../protocol/test-schema.ts';
import { fault } from '../../states/faults.ts';
import type { PromotionId } from '../pipeline/record.ts';
import type { Store, Write } from '../store/store.ts';

const keptTest = z.strictObject({
  test: z.string(),
  host: z.string(),
  environment: z.string(),
  release: z.string(),
  /** When it ended, in Unix ms. */
  at: z.number().int(),
  tested,
});
type KeptTest = z.infer<typeof keptTest>;

/** Of older promotions only the verdicts are kept, in their own records. */
export const promotionsKept = 200;
const dropsMax = 50;

const prefix = 'evidence/';
/** In order of promotion, so that the oldest are found without reading the others. */
const placeOf = (promotion: string): string => `${prefix}${promotion.slice(1).padStart(12, '0')}/`;

/** A later run of the same test in the same promotion takes the place of an earlier one. */
export async function keep(store: Store, promotion: PromotionId, kept: KeptTest): Promise<void> {
  const key = `${placeOf(promotion)}${kept.test}/${kept.host}`;
  await store.commit([], [{ put: key, value: kept }, ...(await outdated(store, promotion))]);
}

async function outdated(store: Store, promotion: PromotionId): Promise<readonly Write[]> {
  const drops: Write[] = [];
  const from = Number(promotion.slice(1)) - promotionsKept;
  let after = prefix;
  while (drops.length < dropsMax) {
    const [oldest] = await store.range(prefix, { after, limit: 1 });
    if (oldest === undefined || Number(oldest.key.slice(prefix.length).split('/')[0]) > from) break;
    drops.push({ delete: oldest.key });
    after = oldest.key;
  }
  return drops;
}

/** In order of test and host; UNKNOWN_NAME where nothing is kept. */
export async function readKept(
  store: Pick<Store, 'range'>,
  promotion: string,
  { test, host }: { readonly test?: string; readonly host?: string } = {},
): Promise<readonly KeptTest[]> {
  const place = placeOf(promotion);
  const entries = await store.range(test === undefined ? place : `${place}${test}/`);
  const kept = entries
    .map(({ value }) => keptTest.parse(value))
    .filter((each) => host === undefined || each.host === host);
  if (kept.length > 0) return kept;
  const what = test === undefined ? 'tests' : `test ${test}`;
  const where = host === undefined ? '' : ` on ${host}`;
  throw fault('UNKNOWN_NAME', `nothing is kept of what ${what} said in ${promotion}${where}`);
}
