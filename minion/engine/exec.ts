// One command run inside a container, with its own patience.

import { setTimeout as delay } from 'node:timers/promises';
import { execAnswer } from './answers.ts';
import type { ExecResult } from './engine.ts';
import { tidy } from './errors.ts';
import { endLeftover } from './leftover.ts';
import { LiveLines } from './live-lines.ts';
import { framedText } from './log-frames.ts';

interface Asked {
  readonly abortSignal: AbortSignal;
}

/** As dockerode has it. */
interface Command {
  start(options: Asked & { readonly hijack: false }): Promise<AsyncIterable<unknown>>;
  inspect(options: Asked): Promise<unknown>;
}

interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether the Engine counts processes as we do. */
  readonly local: boolean;
  /** Each line as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Docker says so too of a check of its own that took too long. */
const notEnded = -1;
const notBegun = 126;
const outputBytesMax = 65_536;
const exitPollMs = 10;
const exitPollsMax = 100;
const endMs = 10_000;
const endPollMs = 100;

export async function runCommand(command: Command, patience: Patience): Promise<ExecResult> {
  const { signal, local } = patience;
  const late = AbortSignal.timeout(patience.timeoutMs);
  const output = new Output(patience.onLine);
  try {
    const abortSignal = AbortSignal.any([signal, late]);
    await output.read(await command.start({ hijack: false, abortSignal }));
    // The output has no length: cut off, it ends as if that were all.
    abortSignal.throwIfAborted();
  } catch (error) {
    if (local && (signal.aborted || late.aborted)) void end(command);
    if (signal.aborted || !late.aborted) throw error;
    return { exitCode: notEnded, output: output.text };
  }
  return ended(await exitCodeOf(command, { abortSignal: signal }), output.text);
}

/** The Engine tells why a command could not be begun as if that were its output. */
const ended = (exitCode: number, output: string): ExecResult =>
  exitCode === notBegun && /^OCI runtime exec failed/.test(output)
    ? { exitCode, output: tidy(output) }
    : { exitCode, output };

/** What a command said, up to a bound; the rest is read and dropped. */
class Output {
  readonly #chunks: Uint8Array[] = [];
  readonly #lines: LiveLines | undefined;
  #bytes = 0;

  constructor(onLine: Patience['onLine']) {
    this.#lines = onLine && new LiveLines(onLine);
  }

  get text(): string {
    return framedText(Buffer.concat(this.#chunks));
  }

  async read(stream: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const chunk of stream) {
        if (!(chunk instanceof Uint8Array)) continue;
        this.#lines?.push(chunk);
        if (this.#bytes >= outputBytesMax) continue;
        this.#chunks.push(chunk.subarray(0, outputBytesMax - this.#bytes));
        this.#bytes += chunk.length;
      }
    } finally {
      this.#lines?.end();
    }
  }
}

/** The output may end a moment before the Engine has noted how. */
async function exitCodeOf(command: Command, asked: Asked): Promise<number> {
  for (let turn = 0; turn < exitPollsMax; turn += 1) {
    const { Running, ExitCode } = execAnswer.parse(await command.inspect(asked));
    if (ExitCode !== null && !Running) return ExitCode;
    await delay(exitPollMs, undefined, { signal: asked.abortSignal });
  }
  return notEnded;
}

/**
 * Goes on while the caller goes on. The Engine may not even have begun the command when the patience
 * for it was over, and would begin it still.
 */
async function end(command: Command): Promise<void> {
  const asked = { abortSignal: AbortSignal.timeout(endMs) };
  for (let waited = 0; waited < endMs; waited += endPollMs) {
    const seen = execAnswer.safeParse(await command.inspect(asked).catch(() => undefined));
    if (!seen.success || seen.data.ExitCode !== null) return;
    if (seen.data.Pid > 0) await endLeftover(seen.data.Pid, seen.data.ContainerID);
    await delay(endPollMs, undefined, { ref: false });
  }
}
