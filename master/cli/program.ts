// The command line as a whole: global options, help, and how an error and an exit code leave it.

import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import type { GlobalOptions } from './context.ts';
import { exitMeanings, exits } from './exit.ts';
import { addVerbs, type Perform } from './commands.ts';

/** Answers the exit code; says by itself what went wrong. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = exits.converged;
  const program = buildProgram((done) => {
    code = done;
  });
  process.stdout.on('error', readerGone);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exits.invalid;
    return complain(error, program.opts<GlobalOptions>());
  }
}

function buildProgram(onExit: (code: number) => void): Command {
  const program = new Command('master')
    .description('Delivers containers to hosts by the states that stand in git.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
    .showHelpAfterError('(see --help)')
    .exitOverride();
  addGlobalOptions(program);
  program.addHelpText('after', exitHelp());
  const perform: Perform = async (work) => {
    const { makeContext } = await import('./context.ts');
    onExit(await work(makeContext(program.opts<GlobalOptions>(), process.env)));
  };
  addVerbs(program, perform);
  for (const each of everyCommand(program)) each.helpCommand(false).addHelpText('after', elsewhere);
  return program;
}

/** Lines that are longer are hard to read, also where there is room. */
const helpWidth = (): number =>
  Math.min((process.stdout.isTTY && process.stdout.columns) || 80, 100);

/** All verbs and their own verbs, without the program itself. */
const everyCommand = (command: Command): readonly Command[] =>
  command.commands.flatMap((each) => [each, ...everyCommand(each)]);

const elsewhere = '\nOptions that every command takes (--dir, --json, …): see master --help';

function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option('--dir <path>', "the master's directory")
        .env('BRINE_DIR')
        .default('/var/lib/brine/master'),
    )
    .addOption(
      new Option('--url <url>', 'a master elsewhere, by its API port; needs BRINE_TOKEN').env(
        'BRINE_URL',
      ),
    )
    .addOption(new Option('--ca <file>', "the certificate of that master's CA").env('BRINE_CA'))
    .option('--json', 'answer in JSON, one value per line')
    .option('--debug', 'show the stack of an error')
    .option('--no-color', 'no colours (NO_COLOR does the same)');
}

const exitHelp = (): string =>
  ['', 'Exit codes:', ...exitMeanings.map(([code, words]) => `  ${code}`.padEnd(7) + words)].join(
    '\n',
  );

async function complain(error: unknown, options: GlobalOptions): Promise<number> {
  const { toProblem } = await import('./problem.ts');
  const { errorText } = await import('./render/error.ts');
  const { styleOf } = await import('./render/style.ts');
  const { colourBits, wantsColour } = await import('./context.ts');
  const problem = toProblem(error, options.debug === true);
  const { data, hint, exit, rendered } = problem;
  const { env, stderr } = process;
  const style = styleOf(wantsColour(options, env, stderr.isTTY), colourBits(stderr, env));
  const text =
    options.json === true
      ? JSON.stringify({ error: { ...data, hint, exit, rendered } })
      : errorText(problem, style, stderr.isTTY ? stderr.columns || 80 : Infinity);
  process.stderr.write(`${text}\n`);
  return problem.exit;
}

/** The reader of a pipe has left: what was begun goes on, nobody is told any more. */
function readerGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exits.detached);
}
