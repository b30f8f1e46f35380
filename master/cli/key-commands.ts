// `master keys` and its verbs.

import type { Command } from 'commander';
import type { Perform } from './commands.ts';
import type { DecideOptions } from './verbs/keys.ts';

const verbs = {
  accept: 'let hosts in that wait for it, once their keys are the ones that they show themselves',
  reject: 'turn hosts away that wait; they are not heard again with the same key for a day',
  revoke: 'let hosts in no more and end their links now; they keep their ids',
  delete: 'forget hosts and their keys; whoever asks under the id then is a new host',
} as const;

export function addKeyVerbs(program: Command, perform: Perform): void {
  const ca = program.command('ca').description("the master's certificate authority");
  ca.command('rotate')
    .description('change its key: hosts follow by themselves as they are linked')
    .option('--finish', 'end the change now; a host that has not followed has to join again')
    .action((options: { finish?: boolean }) =>
      perform(async (context) => (await import('./verbs/ca.ts')).rotate(context, options)),
    );
  ca.command('encrypt')
    .description(
      'encrypt its key with the passphrase in the file that BRINE_CA_PASSPHRASE_FILE names',
    )
    .action(() => perform(async (context) => (await import('./verbs/ca.ts')).encrypt(context)));
  const keys = program
    .command('keys')
    .description('list the keys of the hosts, and of those that ask to be let in')
    .action(() => perform(async (context) => (await import('./verbs/keys.ts')).listKeys(context)));
  keys
    .command('list')
    .description('the same')
    .action(() => perform(async (context) => (await import('./verbs/keys.ts')).listKeys(context)));
  for (const [verdict, help] of Object.entries(verbs) as [keyof typeof verbs, string][]) {
    const verb = keys.command(`${verdict} <id>`).description(help);
    if (verdict === 'accept') {
      verb.option('--label <key=value>', 'a label for each of them; repeatable', more, []);
    }
    verb
      .option('-y, --yes', 'do not ask')
      .action((glob: string, options: DecideOptions) =>
        perform(async (context) =>
          (await import('./verbs/keys.ts')).decideKeys(context, { glob, verdict }, options),
        ),
      );
  }
}

const more = (value: string, given: readonly string[]): readonly string[] => [...given, value];
