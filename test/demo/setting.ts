// The first half of the demo: three versions of a service, states in git, a master, and a minion on
// every host. Each part is typed as a person would.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeContext, type Behaviour } from '../fleet/images.ts';
import { edit, git, must, quietly, until, type Around } from './around.ts';
import type { DemoHost } from './place.ts';

const examples = join(import.meta.dirname, '../../examples');
const bin = join(import.meta.dirname, '../../bin');
const versions: readonly (readonly [string, Behaviour])[] = [
  ['1.0.0', 'good'],
  ['1.1.0', 'good'],
  ['1.2.0', 'unhealthy'],
];

/** Where everything is typed from here on. */
export async function welcome({ place, stage }: Around): Promise<void> {
  await mkdir(place.dir, { recursive: true });
  process.chdir(place.dir);
  const { hosts, registryAddress } = place;
  stage.title('Brine: from a commit to production, on plain Docker hosts');
  stage.text(
    'Every line after a $ is run for real, and can be typed. It takes about a minute.',
    '',
    hosts.length === 1
      ? 'One host, the Docker Engine of this machine, and a registry:'
      : 'Hosts, each a Docker Engine with an address of its own, and a registry:',
    ...hosts.map(({ name, address }) => `  ${name.padEnd(9)} ${address}`),
    `  registry  ${registryAddress}`,
  );
  await mkdir('bin');
  for (const host of hosts) {
    await writeFile(`bin/${host.name}`, onHost(host, place.dir), { mode: 0o755 });
  }
  const [{ name } = { name: '' }] = hosts;
  stage.text('', `${name} before a command runs it on that host; bin/${name} shows how.`);
  stage.show('From now on, in this shell:', around(place.dir));
  stage.show('', `cd ${place.dir}`);
}

/** What a shell needs so that every line of the demo works in it. */
export const around = (dir: string): string =>
  `export PATH=${dir}/bin:${bin}:$PATH BRINE_DIR=${dir}/master`;

const onHost = ({ name, dockerHost, entry }: DemoHost, dir: string): string => `#!/bin/sh
# Runs a command on ${name}: in its network, with its Docker and its minion's directory.
export DOCKER_HOST=${dockerHost} DOCKER_BUILDKIT=0 BRINE_DIR=${dir}/${name}
exec ${[...entry, '"$@"'].join(' ')}
`;

export async function images({ place, stage }: Around): Promise<void> {
  stage.chapter(
    'Three versions of a service',
    'It answers / with its version and /up with 200. The third one starts well, and',
    'turns unhealthy three seconds later, as only production knows how.',
  );
  const [host] = place.hosts;
  if (host === undefined) throw new Error('no host');
  for (const [version, behaviour] of versions) {
    const image = `${place.registryAddress}/web:${version}`;
    const dir = `web/${version}`;
    await mkdir(dir, { recursive: true });
    await writeContext(dir, { version, behaviour });
    const build = [host.name, 'docker', 'build', '--tag', image, dir];
    await stage.command(`Version ${version}.`, build, { quiet: true });
    await stage.command('', [host.name, 'docker', 'push', image], { quiet: true });
  }
}

export async function states({ place, stage }: Around): Promise<void> {
  stage.chapter(
    'States in git',
    'What should run is written in YAML and kept in git. This is a copy of examples/.',
  );
  await stage.command(
    'The states, with the address of our registry in them.',
    ['cp', '-R', examples, 'states'],
    { shown: `cp -R ${examples} states; cd states` },
  );
  process.chdir('states');
  await edit(
    stage,
    `s/registry.example.com/${place.registryAddress}/; s/insecure: false/insecure: true/`,
    'brine.yaml',
  );
  await git(stage, '', 'init', '--quiet', '--initial-branch=main');
  await git(stage, '', 'config', 'user.name', 'Ann');
  await git(stage, '', 'config', 'user.email', 'ann@example.com');
  await git(stage, '', 'add', '--all');
  await git(stage, '', 'commit', '--quiet', '--message', 'Run web 1.0.0 in beta');
  await stage.command('What is wrong in them would be told here, with file, line and column.', [
    'master',
    'validate',
    '.',
  ]);
  await stage.command('Which version runs where: this file is all.', ['cat', 'versions/beta.yaml']);
}

export async function master({ place, stage }: Around): Promise<void> {
  stage.chapter(
    'The master',
    'A daemon that reads the states and drives the hosts. It makes a CA of its own:',
    'whoever talks to it does so by certificate.',
  );
  const { address, dir } = place;
  await stage.command('Set it up for these states.', [
    ...['master', 'init', '--states', '.', '--listen', address, '--api', 'off'],
  ]);
  stage.show('And start it, here in the background.', 'master start >>../master.log 2>&1 &');
  place.spawn('master', ['start'], { log: join(dir, 'master.log') });
  const up = await until(20_000, async () => (await quietly(place, 'status')) === 0);
  must(stage, up, 'the master answers');
}

export async function minions({ place, stage }: Around): Promise<void> {
  const { hosts, address, dir } = place;
  stage.chapter(
    'A minion on every host',
    'It keeps one connection to the master, brings its Docker to the state it is',
    'given, and holds it there, also while the master is away.',
  );
  const uses = String(hosts.length);
  const labels = ['--label', 'role=web', '--label', 'ring=beta'];
  const made = await stage.command(
    'A token lets new hosts in, and gives them labels: states select hosts by these.',
    ['master', 'token', 'create', ...labels, '--uses', uses],
    { quiet: true, shown: `TOKEN=$(master token create ${labels.join(' ')} --uses ${uses})` },
  );
  const token = made.out.trim();
  for (const host of hosts) {
    const join_ = ['minion', 'join', `wss://${address}`, '--id', host.name, '--token'];
    await stage.command(
      host === hosts[0] ? 'A key is made on the host and never leaves it.' : '',
      [host.name, ...join_, token],
      { quiet: true, shown: [host.name, ...join_, '$TOKEN'].join(' ') },
    );
    const start = [host.name, 'minion', 'start'];
    stage.show('', `${start.join(' ')} >>../${host.name}.log 2>&1 &`);
    place.spawn(host.name, start.slice(1), { log: join(dir, `${host.name}.log`) });
  }
  const linked = await until(20_000, async () => (await quietly(place, 'ping')) === 0);
  must(stage, linked, `${hosts.length === 1 ? 'it is' : 'all are'} linked`);
  await stage.command('Who is there.', ['master', 'hosts']);
}
