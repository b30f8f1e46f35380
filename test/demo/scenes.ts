// The second half of the demo: apply, apply again, an upgrade under load, a version that turns out
// bad. After each the hosts themselves are asked whether it is so.

import { edit, git, serves, url, type Around } from './around.ts';
import { Client } from './client.ts';

export async function firstApply({ place, stage }: Around): Promise<void> {
  stage.chapter(
    'Apply',
    'Brings the environment `beta` to its states: everything is pulled first, one',
    'host begins, the others follow when it has been healthy for six seconds.',
  );
  await stage.command('What would be done on each host, and why. Changes nothing.', [
    'master',
    'plan',
    'beta',
  ]);
  await stage.command('Do it.', ['master', 'apply', 'beta', '--yes']);
  await serves({ place, stage }, '1.0.0');
}

export async function secondApply({ place, stage }: Around): Promise<void> {
  stage.chapter('Apply again', 'What is right already is not touched.');
  const watches = place.hosts.map((host) => host.events());
  await stage.command('The same command.', ['master', 'apply', 'beta', '--yes']);
  const writes = [];
  for (const watch of watches) writes.push(...((await watch?.stop())?.writes() ?? []));
  stage.check(writes.length === 0, "nothing was done, by the Docker Engines' own word");
}

export async function upgrade({ place, stage }: Around): Promise<void> {
  const { hosts } = place;
  stage.chapter(
    'Upgrade under load',
    'A release is a commit. Meanwhile a client asks every host 50 times a second.',
  );
  await edit(stage, 's/1.0.0/1.1.0/', 'versions/beta.yaml');
  await git(stage, '', 'commit', '--all', '--quiet', '--message', 'Run web 1.1.0 in beta');
  const load = new Client(hosts.map(url));
  await stage.command('', ['master', 'apply', 'beta', '--yes']);
  const { requests, failed, longestGapMs, dark } = await load.stop();
  await serves({ place, stage }, '1.1.0');
  const gap = (longestGapMs / 1_000).toFixed(2);
  stage.text(
    `  ${requests} requests, ${failed} failed; the longest time that one host was away: ${gap} s`,
  );
  stage.check(longestGapMs < 3_000, 'no host was away for 3 s');
  if (hosts.length > 1) {
    stage.check(dark === 0, 'some host answered at every moment');
  }
}

export async function badVersion({ place, stage }: Around): Promise<void> {
  stage.chapter(
    'A bad version',
    'Version 1.2.0 starts, answers, and passes every check that looks only once.',
  );
  await edit(stage, 's/1.1.0/1.2.0/', 'versions/beta.yaml');
  await git(stage, '', 'commit', '--all', '--quiet', '--message', 'Run web 1.2.0 in beta');
  const failed = await stage.command(
    'It must fail, say why, and leave every host as it was: exit code 3.',
    ['master', 'apply', 'beta', '--yes'],
    { expect: [3] },
  );
  stage.check(failed.code === 3, 'it was rolled back');
  await serves({ place, stage }, '1.1.0');
  await git(
    stage,
    'The states still ask for it. Taking the commit back is how git says no.',
    ...['revert', '--no-edit', 'HEAD'],
  );
  await stage.command('', ['master', 'apply', 'beta', '--yes']);
  await stage.command('What happened here.', ['master', 'history', 'beta']);
  await stage.command('What runs now.', ['master', 'status', 'beta']);
}
