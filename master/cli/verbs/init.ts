// `master init`: sets a master up in its directory, and says what to do next.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fault } from '../../../states/faults.ts';
import { makeIdentity } from '../../fleet/identity-files.ts';
import { initMaster, refuseSecond } from '../../init.ts';
import { openSource } from '../../source/source.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';
import { harmless, wrap } from '../render/text.ts';

export interface InitOptions {
  readonly states: string;
  readonly ref?: string;
  readonly path?: string;
  readonly listen?: string;
  readonly address?: string;
  readonly api?: string;
}

export async function init(context: Context, options: InitOptions): Promise<number> {
  const { dir } = context.target;
  await refuseSecond(dir);
  const unready = await statesUnready(options);
  const made = await initMaster({ dir, ...options }, makeIdentity);
  if (context.json) {
    context.out(JSON.stringify(made));
    return exits.converged;
  }
  context.out(`A master is set up: ${made.config}. Minions will connect to ${made.address}.`);
  const people =
    made.api === null
      ? 'People and CI are served on the socket of this machine only.'
      : `People and CI will connect to ${made.api}, over TLS and with a token; \`api.listen: off\` in that file closes it.`;
  context.out(wrap(people, context.columns()).join('\n'));
  if (unready !== undefined) {
    const words = `The states cannot be read yet: ${harmless(unready)}.`;
    context.err(wrap(words, context.columns()).map(context.style.warn).join('\n'));
  }
  context.out(context.style.bold('Next'));
  for (const line of made.next) context.out(`  ${line}`);
  return exits.converged;
}

/**
 * Why there is nothing to read yet, where that may still come: a repository can be empty when its
 * master is set up. Throws where there is no such directory, or git cannot fetch from that address.
 */
async function statesUnready({ states, ref, path }: InitOptions): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'brine-init-'));
  const address = /^[a-z][a-z0-9+.-]*:\/\/|^[^/]+@[^/]+:/i.test(states);
  const url = address ? states : resolve(states);
  try {
    const source = openSource({
      url,
      ref: ref ?? 'main',
      dir,
      ...(path !== undefined && { path }),
    });
    await source.read();
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault) || !mayCome(error)) throw error;
    return error.data.message;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const mayCome = ({ data: { code, message } }: Fault): boolean =>
  code === 'SOURCE_REF' ||
  code === 'SOURCE_DIRTY' ||
  (code === 'SOURCE_MISSING' && message.startsWith('there is no brine.yaml'));
