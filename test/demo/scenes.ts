// The demo's scenes, in the order of the story. Each runs the real commands and then looks at the
// hosts themselves whether it is so.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeContext, type Behaviour } from '../fleet/images.ts';
import { sleep } from '../fleet/process.ts';
import type { Client } from './client.ts';
import type { DemoHost, Place } from './place.ts';
import type { Stage } from './stage.ts';

const examples = join(import.meta.dirname, '../../examples');
const port = 18080;
const versions: readonly (readonly [string, Behaviour])[] = [
  ['1.0.0', 'good'],
  ['1.1.0', 'good'],
  ['1.2.0', 'unhealthy'],
];
/** GNU's sed takes the ending for copies with the option, BSD's as a word of its own. */
const inPlace = process.platform === 'darwin' ? ['-i', ''] : ['-i'];

export class Scenes {
  readonly #place: Place;
  readonly #stage: Stage;

  constructor(place: Place, stage: Stage) {
    this.#place = place;
    this.#stage = stage;
  }

  /** Where everything is typed from here on. */
  async welcome(): Promise<void> {
    await mkdir(this.#place.dir, { recursive: true });
    process.chdir(this.#place.dir);
    const { hosts, registryAddress } = this.#place;
    this.#stage.title('Brine: from a commit to production, on plain Docker hosts');
    this.#stage.text(
      'Every line after a $ is run for real, and can be typed. It takes about a minute.',
      '',
      hosts.length === 1
        ? 'One host, the Docker Engine of this machine, and a registry:'
        : 'Hosts, each a Docker Engine with an address of its own, and a registry:',
      ...hosts.map(({ name, address }) => `  ${name.padEnd(9)} ${address}`),
      `  registry  ${registryAddress}`,
    );
    this.#stage.show(
      'From now on, in this shell:',
      `export PATH="$PWD/bin:$PATH" BRINE_DIR=${process.env['BRINE_DIR']}; cd ${this.#place.dir}`,
    );
  }

  async images(): Promise<void> {
    this.#stage.chapter(
      'Three versions of a service',
      'It answers / with its version and /up with 200. The third one starts well, and',
      'turns unhealthy three seconds later, as only production knows how.',
    );
    const [host] = this.#place.hosts;
    if (host === undefined) throw new Error('no host');
    const by = (command: string, args: readonly string[]) =>
      host.spawn(command, args, { env: { DOCKER_HOST: host.dockerHost } });
    for (const [version, behaviour] of versions) {
      const image = `${this.#place.registryAddress}/web:${version}`;
      const dir = `web/${version}`;
      await mkdir(dir, { recursive: true });
      await writeContext(dir, { version, behaviour });
      const options = { on: prompt(host), by, quiet: true };
      const build = ['docker', 'build', '--tag', image, dir];
      await this.#stage.command(`Version ${version}.`, build, options);
      await this.#stage.command('', ['docker', 'push', image], options);
    }
  }

  async states(): Promise<void> {
    this.#stage.chapter(
      'States in git',
      'What should run is written in YAML and kept in git. This repository is examples/.',
    );
    await this.#stage.command(
      'The states, with the address of our registry in them.',
      ['cp', '-R', examples, 'states'],
      { shown: `cp -R ${examples} states; cd states` },
    );
    process.chdir('states');
    await this.#edit(
      `s/registry.example.com/${this.#place.registryAddress}/; s/insecure: false/insecure: true/`,
      'brine.yaml',
    );
    await this.#git('', 'init', '--quiet', '--initial-branch=main');
    await this.#git('', 'add', '--all');
    await this.#git('', 'commit', '--quiet', '--message', 'Run web 1.0.0 in beta');
    await this.#stage.command(
      'What is wrong in them would be told here, with file, line and column.',
      ['master', 'validate', '.'],
    );
    await this.#stage.command('Which version runs where: this file is all.', [
      'cat',
      'versions/beta.yaml',
    ]);
  }

  async master(): Promise<void> {
    this.#stage.chapter(
      'The master',
      'A daemon that reads the states and drives the hosts. It makes a CA of its own:',
      'whoever talks to it does so by certificate.',
    );
    const { address, dir } = this.#place;
    await this.#stage.command('Set it up for these states.', [
      ...['master', 'init', '--states', '.', '--listen', address, '--api', 'off'],
    ]);
    this.#stage.show('And start it, here in the background.', 'master start &');
    this.#place.spawn('master', ['start'], { log: join(dir, 'master.log') });
    const up = await this.#until(20_000, async () => (await this.#quietly('status')) === 0);
    this.#must(up, 'the master answers');
  }

  async minions(): Promise<void> {
    const { hosts, address, dir } = this.#place;
    this.#stage.chapter(
      'A minion on every host',
      'It keeps one connection to the master, brings its Docker to the state it is given,',
      'and holds it there, also while the master is away.',
    );
    const uses = String(hosts.length);
    const labels = ['--label', 'role=web', '--label', 'ring=beta'];
    const made = await this.#stage.command(
      'A token lets new hosts in, and gives them labels: states select hosts by these.',
      ['master', 'token', 'create', ...labels, '--uses', uses, '--json'],
      { quiet: true, shown: `TOKEN=$(master token create ${labels.join(' ')} --uses ${uses})` },
    );
    const token = tokenIn(made.out);
    for (const host of hosts) {
      const own = join(dir, host.name);
      const join_ = ['join', `wss://${address}`, '--token', token, '--id', host.name];
      await this.#stage.command(
        host === hosts[0] ? 'A key is made on the host and never leaves it.' : '',
        ['minion', ...join_, '--dir', own],
        {
          on: prompt(host),
          by: (command, args) => host.spawn(command, args),
          quiet: true,
          shown: `minion join wss://${address} --token $TOKEN --id ${host.name}; minion start &`,
        },
      );
      const env = { DOCKER_HOST: host.dockerHost };
      host.spawn('minion', ['start', '--dir', own], { env, log: join(dir, `${host.name}.log`) });
    }
    const linked = await this.#until(20_000, async () => (await this.#quietly('ping')) === 0);
    this.#must(linked, `${hosts.length === 1 ? 'it is' : 'all are'} linked`);
    await this.#stage.command('Who is there.', ['master', 'hosts']);
  }

  async firstApply(): Promise<void> {
    this.#stage.chapter(
      'Apply',
      'Brings the environment `beta` to its states: everything is pulled first, one host',
      'begins, and the others follow when it has been healthy for six seconds.',
    );
    await this.#stage.command('What would be done on each host, and why. Changes nothing.', [
      'master',
      'plan',
      'beta',
    ]);
    await this.#stage.command('Do it.', ['master', 'apply', 'beta', '--yes']);
    await this.#serves('1.0.0');
  }

  async secondApply(): Promise<void> {
    this.#stage.chapter('Apply again', 'What is right already is not touched.');
    const watches = this.#place.hosts.map((host) => host.events());
    await this.#stage.command('The same command.', ['master', 'apply', 'beta', '--yes']);
    const writes = [];
    for (const watch of watches) writes.push(...((await watch?.stop())?.writes() ?? []));
    this.#stage.check(writes.length === 0, "nothing was done, by the Docker Engines' own word");
  }

  async upgrade(client: (urls: readonly string[]) => Client): Promise<void> {
    const { hosts } = this.#place;
    this.#stage.chapter(
      'Upgrade under load',
      'A release is a commit. Meanwhile a client asks every host 50 times a second.',
    );
    await this.#edit('s/1.0.0/1.1.0/', 'versions/beta.yaml');
    await this.#git('', 'commit', '--all', '--quiet', '--message', 'Run web 1.1.0 in beta');
    const load = client(hosts.map(url));
    await this.#stage.command('', ['master', 'apply', 'beta', '--yes']);
    const { requests, failed, longestGapMs, dark } = await load.stop();
    await this.#serves('1.1.0');
    const gap = (longestGapMs / 1_000).toFixed(2);
    this.#stage.text(
      `  ${requests} requests, ${failed} failed; the longest time that one host was away: ${gap} s`,
    );
    this.#stage.check(longestGapMs < 3_000, 'no host was away for 3 s');
    if (hosts.length > 1) {
      this.#stage.check(dark === 0, 'some host answered at every moment');
    }
  }

  async badVersion(): Promise<void> {
    this.#stage.chapter(
      'A bad version',
      'Version 1.2.0 starts, answers, and is accepted by everything that only looks once.',
    );
    await this.#edit('s/1.1.0/1.2.0/', 'versions/beta.yaml');
    await this.#git('', 'commit', '--all', '--quiet', '--message', 'Run web 1.2.0 in beta');
    const failed = await this.#stage.command(
      'It must fail, say why, and leave every host as it was: exit code 3.',
      ['master', 'apply', 'beta', '--yes'],
      { expect: [3] },
    );
    this.#stage.check(failed.code === 3, 'it was rolled back');
    await this.#serves('1.1.0');
    await this.#git(
      'The states still ask for it. Taking the commit back is how git says no.',
      ...['revert', '--no-edit', 'HEAD'],
    );
    await this.#stage.command('', ['master', 'apply', 'beta', '--yes']);
    await this.#stage.command('What happened here.', ['master', 'history', 'beta']);
    await this.#stage.command('What runs now.', ['master', 'status', 'beta']);
  }

  async #edit(script: string, file: string): Promise<void> {
    await this.#stage.command('', ['sed', ...inPlace, script, file]);
  }

  async #git(why: string, ...args: readonly string[]): Promise<void> {
    await this.#stage.command(why, ['git', ...args], { quiet: true });
  }

  /** The exit code of a master's verb whose words nobody needs. */
  async #quietly(verb: string): Promise<number> {
    return (await this.#place.spawn('master', [verb]).exited).code;
  }

  async #until(ms: number, check: () => Promise<boolean>): Promise<boolean> {
    for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(100)) {
      if (await check()) return true;
    }
    return false;
  }

  /** Nothing that follows could be understood after a failure here. */
  #must(ok: boolean, what: string): void {
    this.#stage.check(ok, what);
    if (!ok) throw new Error('the demo ends here');
  }

  /** Asks each host itself. */
  async #serves(version: string): Promise<void> {
    const found = await Promise.all(this.#place.hosts.map(answer));
    const wrong = found.filter((text) => text !== version);
    const whole = found.length === 1 ? 'the host answers' : 'every host answers';
    const more = wrong.length === 0 ? '' : `, but: ${found.join(', ')}`;
    this.#stage.check(wrong.length === 0, `${whole} ${version}${more}`);
  }
}

const url = ({ address }: DemoHost): string => `http://${address}:${port}/`;

async function answer(host: DemoHost): Promise<string> {
  try {
    const signal = AbortSignal.timeout(2_000);
    return (await (await fetch(url(host), { signal })).text()).trim();
  } catch {
    return 'no answer';
  }
}

/** Shown where a command is typed on a host. */
const prompt = ({ name }: DemoHost): string => `${name} `;

function tokenIn(text: string): string {
  try {
    return (JSON.parse(text) as { token: string }).token;
  } catch {
    throw new Error(`no token: ${text}`);
  }
}
