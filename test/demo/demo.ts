// `npm run demo`: the product from nothing to a rollback on real Docker hosts, command by command.
// The exit code is 0 only if every part did what it should. `--keep` leaves all of it up.

import { writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweep } from '../fleet/leftovers.ts';
import type { Around } from './around.ts';
import { findPlace, type Place } from './place.ts';
import * as scenes from './scenes.ts';
import * as setting from './setting.ts';
import { Stage } from './stage.ts';

const root = join(import.meta.dirname, '../..');
const keep = process.argv.includes('--keep');

if (process.argv.includes('--clean')) {
  const removed = await sweep({ kept: true });
  process.stdout.write(removed > 0 ? 'The hosts are gone.\n' : 'There was nothing left.\n');
} else {
  const code = await demo();
  // What is kept would hold this process too.
  process.stdout.write('', () => process.exit(code));
}

async function demo(): Promise<number> {
  const place = await findPlace('starfall').catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  });
  if (place === undefined) return 1;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void interrupted(place));
  }
  const stage = new Stage(8);
  try {
    prepareEnvironment(place);
    await play({ place, stage });
  } catch (error) {
    stage.check(false, error instanceof Error ? error.message : String(error));
  }
  const code = await conclude(stage, place);
  // The directory that we stand in goes too.
  process.chdir(root);
  if (keep) sayWhatNext(stage, place);
  else await place.close();
  return code;
}

async function play(around: Around): Promise<void> {
  const parts = [
    ...[setting.welcome, setting.images, setting.states, setting.master, setting.minions],
    ...[scenes.firstApply, scenes.secondApply, scenes.upgrade, scenes.badVersion],
  ];
  for (const part of parts) await part(around);
}

/** What a person would set in a shell; everything that the demo starts inherits it. */
function prepareEnvironment(place: Place): void {
  Object.assign(process.env, {
    PATH: `${join(place.dir, 'bin')}:${join(root, 'bin')}:${process.env['PATH']}`,
    BRINE_DIR: join(place.dir, 'master'),
    // The user's own git settings may ask for signatures, or run hooks.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  });
}

async function conclude(stage: Stage, place: Place): Promise<number> {
  const { failures, checks, seconds } = stage;
  if (failures.length > 0) await showLogs(stage, place);
  stage.text('', `${checks - failures.length} of ${checks} checks passed, in ${seconds} s.`);
  for (const failure of failures) stage.text(`  failed: ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

async function showLogs(stage: Stage, place: Place): Promise<void> {
  for (const name of ['master', ...place.hosts.map((host) => host.name)]) {
    const log = await readFile(join(place.dir, `${name}.log`), 'utf8').catch(() => '');
    stage.text('', `the end of ${name}.log:`, ...log.trimEnd().split('\n').slice(-15));
  }
}

function sayWhatNext(stage: Stage, place: Place): void {
  const [host] = place.hosts;
  if (host === undefined) return;
  stage.heading('Yours now');
  stage.text(
    'All of it is still up. In a shell of yours:',
    '',
    `  ${setting.around(place.dir)}`,
    `  cd ${join(place.dir, 'states')}`,
    '',
    'and then, for example:',
    '',
    '  master events --follow          # everything that happens, as it happens',
    `  master logs ${host.name} web`,
    '  master rollback beta            # to the release before',
    '',
    "  # Change a service's environment, port or limits, and see what that would do:",
    '  $EDITOR services/web.yaml; git commit -am "My change"; master plan beta',
    '',
    "  # Take a container away behind the minion's back, and see it come back:",
    `  ${host.name} docker rm --force $(${host.name} docker ps --quiet --filter label=brine.service=web)`,
    `  ${host.name} docker ps`,
    '',
    'To take it all away:',
    '',
    ...place.keep().map((line) => `  ${line}`),
  );
}

/** Said at once: somebody waits at the terminal. */
async function interrupted(place: Place): Promise<void> {
  process.chdir(root);
  writeSync(2, '\nStopped; taking the hosts away …\n');
  await place.close().catch(() => undefined);
  process.exit(130);
}
