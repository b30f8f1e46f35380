// Every verb with its arguments, options and help. What a verb does is loaded only when it is called.

import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import type { Context, GlobalOptions } from './context.ts';
import { exitMeanings, exits } from './exit.ts';
import { addDaemonVerbs } from './daemon-verbs.ts';
import type { ApplyOptions } from './verbs/apply.ts';
import type { EventOptions } from './verbs/events.ts';
import type { LogOptions } from './verbs/hosts.ts';
import type { PlanOptions } from './verbs/plan.ts';
import type { RollbackOptions } from './verbs/rollback.ts';
import type { CreateOptions } from './verbs/token.ts';

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

/** Carries out one verb with its context; the code it answers is handed on. */
export type Perform = (work: (context: Context) => Promise<number>) => Promise<void>;

export function buildProgram(onExit: (code: number) => void): Command {
  const program = new Command('master')
    .description('Delivers containers to hosts by the states that stand in git.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .showHelpAfterError('(see --help)')
    .exitOverride();
  addGlobalOptions(program);
  program.addHelpText('after', exitHelp());
  const perform: Perform = async (work) => {
    const { makeContext } = await import('./context.ts');
    onExit(await work(makeContext(program.opts<GlobalOptions>(), process.env)));
  };
  addDaemonVerbs(program, perform);
  addRolloutVerbs(program, perform);
  addLookingVerbs(program, perform);
  addFleetVerbs(program, perform);
  return program;
}

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

function addRolloutVerbs(program: Command, perform: Perform): void {
  program
    .command('plan <env>')
    .description('show what an apply would change on each host, and why; changes nothing')
    .option('--host <selector>', "only these of the environment's hosts")
    .option('--exit-code', 'exit 2 when changes are pending')
    .action((env: string, options: PlanOptions) =>
      perform(async (context) => (await import('./verbs/plan.ts')).plan(context, env, options)),
    );
  program
    .command('apply <env>')
    .description('bring the hosts of an environment to its states, and stay until that is done')
    .option('--host <selector>', "only these of the environment's hosts")
    .option('--detach', 'do not stay')
    .option('-y, --yes', 'do not ask')
    .action((env: string, options: ApplyOptions) =>
      perform(async (context) => (await import('./verbs/apply.ts')).apply(context, env, options)),
    );
  program
    .command('rollback <env>')
    .description('go back to what ran before')
    .option('--to <release>', 'to this release')
    .option('--detach', 'do not stay')
    .option('-y, --yes', 'do not ask')
    .action((env: string, options: RollbackOptions) =>
      perform(async (context) =>
        (await import('./verbs/rollback.ts')).rollback(context, env, options),
      ),
    );
  program
    .command('abort <env>')
    .description('stop the rollout of an environment; what is switched stays')
    .action((env: string) =>
      perform(async (context) => (await import('./verbs/rollback.ts')).abort(context, env)),
    );
  program
    .command('watch [target]')
    .description('follow the rollout of an environment, or one rollout by its id')
    .action((target: string | undefined) =>
      perform(async (context) => (await import('./verbs/watch.ts')).watch(context, target)),
    );
}

function addLookingVerbs(program: Command, perform: Perform): void {
  program
    .command('status [env]')
    .description('show what runs where, and how the last rollout ended')
    .action((env: string | undefined) =>
      perform(async (context) => (await import('./verbs/status.ts')).status(context, env)),
    );
  program
    .command('history <env>')
    .description('list the rollouts of an environment')
    .action((env: string) =>
      perform(async (context) => (await import('./verbs/status.ts')).history(context, env)),
    );
  program
    .command('events')
    .description('list what happened')
    .option('-f, --follow', 'go on with what happens now')
    .option('--env <env>', 'only of this environment')
    .option('--rollout <id>', 'only of this rollout')
    .option('--host <id>', 'only of this host')
    .option('-n, --lines <number>', 'this many of the newest', '50')
    .action((options: EventOptions) =>
      perform(async (context) => (await import('./verbs/events.ts')).events(context, options)),
    );
  program
    .command('logs <host> <service>')
    .description("show the last log lines of a service's container")
    .option('--env <env>', 'of this environment, where several run the service there')
    .option('-n, --lines <number>', 'this many lines', '100')
    .action((host: string, service: string, options: LogOptions) =>
      perform(async (context) =>
        (await import('./verbs/hosts.ts')).logs(context, { host, service }, options),
      ),
    );
  program
    .command('ping [selector]')
    .description('ask hosts whether they answer, all at once')
    .action((selector: string | undefined) =>
      perform(async (context) => (await import('./verbs/status.ts')).ping(context, selector)),
    );
}

function addFleetVerbs(program: Command, perform: Perform): void {
  const hosts = program
    .command('hosts')
    .description('list the hosts with their labels')
    .action(() =>
      perform(async (context) => (await import('./verbs/hosts.ts')).listHosts(context)),
    );
  hosts
    .command('label <id> <changes...>')
    .description('change the labels of a host: key=value sets one, key- takes it away')
    .action((id: string, changes: string[]) =>
      perform(async (context) =>
        (await import('./verbs/hosts.ts')).labelHost(context, id, changes),
      ),
    );
  hosts
    .command('rm <id>')
    .description('forget a host, and let its minion in no more')
    .action((id: string) =>
      perform(async (context) => (await import('./verbs/hosts.ts')).removeHost(context, id)),
    );
  const token = program.command('token').description('tokens with which new hosts join');
  token
    .command('create')
    .description('make a token and print it once')
    .option(
      '--label <key=value>',
      'a label for every host that joins with it; repeatable',
      more,
      [],
    )
    .option('--uses <number>', 'how many hosts may join with it', '1')
    .option('--expires <time>', 'how long it is valid: 30m, 24h, 7d', '24h')
    .option('--id <pattern>', 'only for hosts whose id matches')
    .addOption(
      new Option('--api <scope>', 'instead a token for the API of this master').choices([
        'view',
        'admin',
      ]),
    )
    .action((options: CreateOptions) =>
      perform(async (context) => (await import('./verbs/token.ts')).createToken(context, options)),
    );
  token
    .command('list')
    .description('list the tokens that are still valid')
    .action(() =>
      perform(async (context) => (await import('./verbs/token.ts')).listTokens(context)),
    );
  token
    .command('revoke <id>')
    .description('end a token before its time')
    .action((id: string) =>
      perform(async (context) => (await import('./verbs/token.ts')).revokeToken(context, id)),
    );
}

const more = (value: string, given: readonly string[]): readonly string[] => [...given, value];

async function complain(error: unknown, options: GlobalOptions): Promise<number> {
  const { toProblem } = await import('./problem.ts');
  const { errorText } = await import('./render/error.ts');
  const { coloured, plain } = await import('./render/style.ts');
  const { wantsColour } = await import('./context.ts');
  const problem = toProblem(error, options.debug === true);
  const { data, hint, exit, rendered } = problem;
  const style = wantsColour(options, process.env, process.stderr.isTTY) ? coloured : plain;
  const text =
    options.json === true
      ? JSON.stringify({ error: { ...data, hint, exit, rendered } })
      : errorText(problem, style);
  process.stderr.write(`${text}\n`);
  return problem.exit;
}

/** The reader of a pipe has left: what was begun goes on, nobody is told any more. */
function readerGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exits.detached);
}
