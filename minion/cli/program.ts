// The command line of the minion: its verbs, its help, and how an error leaves it. What a verb does is
// loaded only when it is called.

import { Command, CommanderError, Option } from 'commander';
import { version } from '../../protocol/version.ts';
import { errorText, toProblem } from './problem.ts';

/** Options that every verb takes, as commander hands them over. */
export interface GlobalOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly debug?: boolean;
}

export interface JoinArguments {
  readonly token?: string;
  readonly caDigest?: string;
  readonly id?: string;
  readonly allow: readonly string[];
}

export const minionDirDefault = '/var/lib/brine/minion';

/** Answers the exit code; says by itself what went wrong. */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = buildProgram((done) => {
    code = done;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    const { json, debug } = program.opts<GlobalOptions>();
    const problem = toProblem(error, debug === true);
    const { exit, data, hint } = problem;
    const text =
      json === true ? JSON.stringify({ error: { ...data, hint, exit } }) : errorText(problem);
    process.stderr.write(`${text}\n`);
    return exit;
  }
}

function buildProgram(onExit: (code: number) => void): Command {
  const program = new Command('minion')
    .description('Keeps the containers of this host as its master wants them.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
    .showHelpAfterError('(see --help)')
    .exitOverride();
  program
    .addOption(
      new Option('--dir <path>', "the minion's directory")
        .env('BRINE_DIR')
        .default(minionDirDefault),
    )
    .option('--json', 'answer in JSON, one value per line')
    .option('--debug', 'show the stack of an error, and log more');
  addVerbs(program, onExit);
  for (const each of program.commands) each.helpCommand(false).addHelpText('after', elsewhere);
  return program;
}

/** Lines that are longer are hard to read, also where there is room. */
const helpWidth = (): number =>
  Math.min((process.stdout.isTTY && process.stdout.columns) || 80, 100);

const elsewhere = '\nOptions that every command takes (--dir, --json, …): see minion --help';

function addVerbs(program: Command, onExit: (code: number) => void): void {
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  program
    .command('join <url>')
    .description('give this host an identity with its master; once, before the first start')
    .option(
      '--token <token>',
      'a token that the master made, - reads it from standard input; without one a person decides',
    )
    .option('--ca-digest <sha256>', "the master's authority, as `master keys list` shows it")
    .option(
      '--allow <what>',
      'what of this host containers may use: bind:/srv, device:/dev/x, cap:NET_ADMIN, test:container; repeatable',
      (value: string, given: readonly string[]) => [...given, value],
      [],
    )
    .option('--id <id>', "the host's id there (default: its name)")
    .action(async (url: string, own: JoinArguments) => {
      const verb = await import('./join.ts');
      onExit(await verb.joinMaster(url, own, options()));
    });
  program
    .command('start')
    .description('link to the master and hold its states true, until it is told to end')
    .action(async () => {
      const verb = await import('./start.ts');
      onExit(await verb.start(options()));
    });
  program
    .command('status')
    .description('show how the minion on this host is, and what it runs')
    .action(async () => {
      const verb = await import('./status.ts');
      onExit(await verb.showStatus(options()));
    });
}
