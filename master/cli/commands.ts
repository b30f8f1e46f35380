// Every verb with its arguments, options and help. What a verb does is loaded only when it is called.

import { Option, type Command } from 'commander';
import type { Context } from './context.ts';
import { addKeyVerbs } from './key-commands.ts';
import { addPipelineVerbs } from './pipeline-commands.ts';
import type { ApplyOptions } from './verbs/apply.ts';
import type { EventOptions } from './verbs/events.ts';
import type { LogOptions, RemoveOptions } from './verbs/hosts.ts';
import type { InitOptions } from './verbs/init.ts';
import type { PlanOptions } from './verbs/plan.ts';
import type { RollbackOptions } from './verbs/rollback.ts';
import type { StartOptions } from './verbs/start.ts';
import type { CreateOptions } from './verbs/token.ts';

/** Carries out one verb with its context; the code it answers is handed on. */
export type Perform = (work: (context: Context) => Promise<number>) => Promise<void>;

export function addVerbs(program: Command, perform: Perform): void {
  addDaemonVerbs(program, perform);
  addStateVerbs(program, perform);
  addRolloutVerbs(program, perform);
  addPipelineVerbs(program, perform);
  addLookingVerbs(program, perform);
  addHostVerbs(program, perform);
  addKeyVerbs(program, perform);
  addTokenVerbs(program, perform);
}

function addDaemonVerbs(program: Command, perform: Perform): void {
  program
    .command('init')
    .description('set a master up in its directory, with its own certificate authority')
    .requiredOption('--states <path|url>', 'the repository or directory with the states')
    .option('--ref <name>', 'the branch, tag or commit to read', 'main')
    .option('--path <folder>', 'the folder inside it that holds brine.yaml')
    .option('--listen <host:port>', 'where minions connect to', '0.0.0.0:4505')
    .option('--address <host:port>', 'how minions reach that, where it is not the same')
    .option('--api <host:port|off>', 'where people and CI connect to (default: port 4506)')
    .action((options: InitOptions) =>
      perform(async (context) => (await import('./verbs/init.ts')).init(context, options)),
    );
  program
    .command('start')
    .description('run the master until it is asked to end')
    .addOption(
      new Option('--log <level>', 'how much to tell')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .action((options: StartOptions) =>
      perform(async (context) => (await import('./verbs/start.ts')).start(context, options)),
    );
}

function addStateVerbs(program: Command, perform: Perform): void {
  program
    .command('validate [dir]')
    .description('check states in a directory, the present one by default; needs no master')
    .action((dir: string | undefined) =>
      perform(async (context) =>
        (await import('./verbs/validate.ts')).validate(context, dir ?? '.'),
      ),
    );
}

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
    .option('--to <release>', 'to this release, or to what a rollout brought: r6')
    .option('--detach', 'do not stay')
    .option('-y, --yes', 'do not ask')
    .action((env: string, options: RollbackOptions) =>
      perform(async (context) =>
        (await import('./verbs/rollback.ts')).rollback(context, env, options),
      ),
    );
  program
    .command('abort <env>')
    .description('stop what is rolled out or promoted, and say what stays and what goes on')
    .action((env: string) =>
      perform(async (context) => (await import('./verbs/rollback.ts')).abort(context, env)),
    );
  program
    .command('watch [target]')
    .description('follow what goes on in an environment, or one rollout or promotion by its id')
    .action((target: string | undefined) =>
      perform(async (context) => (await import('./verbs/watch.ts')).watch(context, target)),
    );
}

function addLookingVerbs(program: Command, perform: Perform): void {
  program
    .command('status [env]')
    .description(
      'show what runs where, how it came there, and what is in the way of the next release',
    )
    .action((env: string | undefined) =>
      perform(async (context) => (await import('./verbs/status.ts')).status(context, env)),
    );
  program
    .command('history <env>')
    .description('list the promotions and rollouts of an environment')
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

function addHostVerbs(program: Command, perform: Perform): void {
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
    .option('-y, --yes', 'do not ask')
    .action((id: string, options: RemoveOptions) =>
      perform(async (context) =>
        (await import('./verbs/hosts.ts')).removeHost(context, id, options),
      ),
    );
}

function addTokenVerbs(program: Command, perform: Perform): void {
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
    .option('--api', 'instead a token for the API of this master')
    .option(
      '--scope <scope>',
      'what that may do: view, release:<image>, deploy:<env> or admin; repeatable',
      more,
      [],
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
