// The program `minion`. Loads as little as a command needs: the version needs nothing but itself.

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { version } from '../protocol/version.ts';

// Beside the program and not in a shared temporary directory, where others could plant code.
enableCompileCache(join(import.meta.dirname, '../.compile-cache'));

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  const { run } = await import('./cli/program.ts');
  process.exitCode = await run(args);
}
