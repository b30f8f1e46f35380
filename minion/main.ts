// The program `minion`. Loads as little as a command needs: the version needs nothing but itself.

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { version } from '../protocol/version.ts';

// Hosts are there for containers. A minion has little to compute, so it does without the compilers
// that make much computing fast, and collects its garbage often: 15 MB less.
const sparing = ['--no-opt', '--no-maglev', '--optimize-for-size', '--max-semi-space-size=1'];

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  // Before the cache is opened: what was compiled under other flags is of no use.
  for (const flag of sparing) setFlagsFromString(flag);
  // Beside the program and not in a shared temporary directory, where others could plant code.
  enableCompileCache(join(import.meta.dirname, '../.compile-cache'));
  const { loadZodInEnglish } = await import('../protocol/lean-zod.ts');
  loadZodInEnglish();
  const { run } = await import('./cli/program.ts');
  process.exitCode = await run(args);
}
