// Before and after all tests on real hosts: what earlier runs left goes first, what this one left last.
// Where no such hosts can be started, says once what becomes of the tests.

import { sweep } from './leftovers.ts';
import { sweepLocal } from './local.ts';
import { findLocalPlace } from './local-place.ts';
import { whyNoHosts } from './needs.ts';

const reason = whyNoHosts();

export async function setup(): Promise<void> {
  // First: what is left there looks as if somebody used that Engine.
  for (const line of await sweepLocal()) process.stderr.write(`${line}\n`);
  if (reason === undefined) await sweep();
  else process.stderr.write(`${whatBecomes(reason)}\n`);
}

export async function teardown(): Promise<void> {
  if (reason === undefined) await sweep();
}

function whatBecomes(noHosts: string): string {
  const place = findLocalPlace();
  const [one, then] =
    typeof place === 'string'
      ? [`Nor one on a Docker Engine that is here (${place}).`, 'Tests that need either']
      : [`Tests that need one host run on ${place.dockerHost}.`, 'Those that need more'];
  const end = process.env['CI'] === 'true' ? 'fail, as CI=true asks.' : 'are skipped.';
  return `Docker hosts of our own cannot be started here: ${noHosts}. ${one} ${then} ${end}`;
}
