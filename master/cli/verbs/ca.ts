// `master ca encrypt`, which works on the master's own directory and needs no master that runs, and
// `master ca rotate`, which does.

import { encryptCa, passphraseVariable } from '../../fleet/identity-files.ts';
import { digestText } from '../../../protocol/identity/keys.ts';
import type { KeysView } from '../../api/key-contract.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { rotationText } from '../render/keys.ts';

export async function encrypt(context: Context): Promise<number> {
  const key = await encryptCa(context.target.dir);
  context.out(
    context.json
      ? JSON.stringify({ key })
      : `${key} is encrypted. From now on the master starts only where ${passphraseVariable} names the file.`,
  );
  return exits.converged;
}

export async function rotate(
  context: Context,
  { finish = false }: { readonly finish?: boolean },
): Promise<number> {
  const body = { finish, actor: context.actor };
  const view = await context.client.send<KeysView>('POST', '/v1/ca/rotate', body);
  show(context, view, () =>
    view.rotation === null
      ? `The authority of this master is now:\n  ${digestText(view.ca)}`
      : rotationText(view.rotation),
  );
  return exits.converged;
}
