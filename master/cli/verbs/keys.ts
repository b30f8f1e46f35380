// `master keys list|accept|reject|revoke|delete`: who may link, decided by id or by a pattern of ids.

import { digestText } from '../../../protocol/identity/keys.ts';
import { fault } from '../../../states/faults.ts';
import { globMatches } from '../../../states/glob.ts';
import type { KeyDecision, KeysView, KeyView } from '../../api/key-contract.ts';
import { confirmed, refuseUnasked, told } from '../confirm.ts';
import { pageOf, show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { keysText } from '../render/keys.ts';
import { harmless, plural } from '../render/text.ts';
import { labelChanges } from './hosts.ts';

export interface DecideOptions {
  readonly label?: readonly string[];
  readonly yes?: boolean;
}

interface Asked {
  readonly glob: string;
  readonly verdict: KeyDecision['verdict'];
}

export async function listKeys(context: Context): Promise<number> {
  const view = await context.client.get<KeysView>('/v1/keys');
  show(context, view, (page) => keysText(view, context.world.now(), page));
  return exits.converged;
}

/** Each as it was looked at: another key that has come under the same id meanwhile is not meant. */
export async function decideKeys(
  context: Context,
  { glob, verdict }: Asked,
  options: DecideOptions,
): Promise<number> {
  if (options.yes !== true) refuseUnasked(context, `keys ${verdict}`, decides);
  const { set, remove } = labelChanges(options.label ?? []);
  if (remove.length > 0) throw fault('BAD_USAGE', `--label takes key=value, not ${remove[0]}-`);
  const view = await context.client.get<KeysView>('/v1/keys');
  const meant = view.keys.filter((key) => isMeant(key, glob, verdict));
  if (meant.length === 0) {
    const already = view.keys.filter((key) => isAlready(key, glob, verdict));
    if (already.length === 0) throw nobody(view.keys, glob, verdict);
    if (context.json) context.out(JSON.stringify({ [verdict]: [] }));
    else for (const { id } of already) context.out(`${harmless(id)}: is ${done[verdict]} already`);
    return exits.converged;
  }
  if (options.yes !== true && !(await agreed(context, { ...view, keys: meant }, verdict))) {
    context.err('Nothing was changed.');
    return exits.invalid;
  }
  for (const { id, key } of meant) {
    const body: KeyDecision = { verdict, key, labels: set, actor: context.actor };
    await context.client.send('POST', `/v1/keys/${encodeURIComponent(id)}`, body);
    if (!context.json) context.out(`${harmless(id)}: ${done[verdict]}  ${digestText(key)}`);
  }
  if (context.json) context.out(JSON.stringify({ [verdict]: meant.map(({ id }) => id) }));
  return exits.converged;
}

const decides = 'decides which hosts are let in';

const done: Readonly<Record<Asked['verdict'], string>> = {
  accept: 'accepted',
  reject: 'rejected',
  revoke: 'revoked',
  delete: 'deleted',
};

/** A pattern accepts only who waits; who was rejected has to be named. */
function isMeant({ id, state }: KeyView, glob: string, verdict: Asked['verdict']): boolean {
  if (!globMatches(glob, id)) return false;
  switch (verdict) {
    case 'accept':
      return state === 'pending' || (state === 'rejected' && id === glob);
    case 'reject':
      return state === 'pending';
    case 'revoke':
      return state === 'accepted';
    case 'delete':
      return true;
  }
}

/** Named one by one; a pattern that finds nobody may be a wrong one. */
const isAlready = ({ id, state }: KeyView, glob: string, verdict: Asked['verdict']): boolean =>
  id === glob && state === done[verdict];

function nobody(keys: readonly KeyView[], glob: string, verdict: Asked['verdict']) {
  const [near] = keys.filter(({ id }) => globMatches(glob, id));
  const is = near === undefined ? 'no host has such an id' : `${near.id} is ${near.state}`;
  return fault('UNKNOWN_NAME', `nobody to ${verdict} matches ${glob}: ${is}`);
}

async function agreed(
  context: Context,
  view: KeysView,
  verdict: Asked['verdict'],
): Promise<boolean> {
  told(context)(keysText(view, context.world.now(), pageOf(context)));
  return confirmed(context, `${verdict} ${plural(view.keys.length, 'key')}?`);
}
