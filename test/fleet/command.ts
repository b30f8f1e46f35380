// Short-lived programs of the system: run, and an error with their own words where they fail.

import { execFile, execFileSync } from 'node:child_process';

interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** What the program printed; throws with what it said where it failed or took too long. */
export function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { input, env = process.env, timeoutMs = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 26 },
      (error, out, err) => {
        if (error === null) resolve(out);
        else reject(new Error(`${[program, ...args].join(' ')}: ${err || error.message}`));
      },
    );
    // A program that ends before it has read all has said why.
    child.stdin?.on('error', () => undefined);
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** As {@link command}, for what must have happened when the call returns. */
export function commandNow(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
