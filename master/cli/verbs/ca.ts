// `master ca encrypt`: works on the master's own directory, and needs no master that runs.

import { encryptCa, passphraseVariable } from '../../fleet/identity-files.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';

export async function encrypt(context: Context): Promise<number> {
  const key = await encryptCa(context.target.dir);
  context.out(
    context.json
      ? JSON.stringify({ key })
      : `${key} is encrypted. From now on the master starts only where ${passphraseVariable} names the file.`,
  );
  return exits.converged;
}
