// `master init`: sets a master up in its directory, and says what to do next.

import { makeIdentity } from '../../fleet/identity-files.ts';
import { initMaster } from '../../init.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';

export interface InitOptions {
  readonly states: string;
  readonly ref?: string;
  readonly path?: string;
  readonly listen?: string;
  readonly address?: string;
  readonly api?: string;
}

export async function init(context: Context, options: InitOptions): Promise<number> {
  const made = await initMaster({ dir: context.target.dir, ...options }, makeIdentity);
  if (context.json) {
    context.out(JSON.stringify(made));
    return exits.converged;
  }
  context.out(`A master is set up: ${made.config}. Minions will connect to ${made.address}.`);
  context.out(context.style.bold('Next'));
  for (const line of made.next) context.out(`  ${line}`);
  return exits.converged;
}
