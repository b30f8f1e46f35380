// What `npm test`, `npm run demo` and `npm run bench` do first: looks for the programs that real
// Docker hosts need, and installs those that are missing where it may: on Debian, as root.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { find, missingPrograms, whyNoHosts, type Need } from '../test/fleet/needs.ts';

const strict = process.env['CI'] === 'true';
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (missingPrograms().length > 0 && canInstall()) installAll();
const reason = whyNoHosts();
if (reason !== undefined) explain(reason);

function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && find('apt-get') !== undefined;
}

function installAll(): void {
  say('Real Docker hosts need programs that are not here; installing from Debian:');
  for (const need of missingPrograms()) {
    say(`  ${need.packages[0].padEnd(16)} ${need.program}: ${need.why}`);
  }
  withoutServices(() => {
    apt('update', '-qq');
    install(missingPrograms().map(({ packages: [name] }) => name));
    // Releases differ in what they put where.
    const later = missingPrograms().flatMap(({ packages: [, second] }) => second ?? []);
    if (later.length > 0) install(later);
  });
}

function install(packages: readonly string[]): void {
  apt('install', '-y', '-qq', '--no-install-recommends', ...new Set(packages));
}

function apt(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: 600_000 });
  if (done.status === 0) return;
  say(`apt-get ${args.join(' ')} failed:\n${done.stdout ?? ''}${done.stderr ?? ''}`);
}

/**
 * Debian starts a service that it installs. Whether this machine should have a Docker of its own is
 * its owner's choice: the programs are only put there, by the rule that Debian has for this.
 */
function withoutServices(work: () => void): void {
  const rule = '/usr/sbin/policy-rc.d';
  if (existsSync(rule)) return work();
  writeFileSync(rule, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    rmSync(rule, { force: true });
  }
}

function explain(why: string): void {
  say(`Real Docker hosts cannot be started here: ${why}.`);
  for (const need of missingPrograms()) say(describe(need));
  if (strict) {
    say('With CI=true this is a failure.');
    process.exitCode = 1;
  } else {
    say(
      'Tests that need one host, and the demo, take the local Docker Engine; others are skipped.',
    );
  }
}

function describe({ program, packages, why }: Need): string {
  return `  ${program.padEnd(16)} ${why} (Debian: ${packages.join(' or ')})`;
}
