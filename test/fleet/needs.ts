// What this machine must have for tests on real hosts, the demo and the bench: the list that set-up
// installs from and that tests are skipped by. Uses nothing but Node, and runs on any system.

import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Need {
  readonly program: string;
  /** Debian's package; where a release has no such package, the second one has the program. */
  readonly packages: readonly [string, ...string[]];
  readonly why: string;
}

export const needs: readonly Need[] = [
  { program: 'git', packages: ['git'], why: 'states are read from git repositories' },
  { program: 'dockerd', packages: ['docker.io'], why: 'every host is a Docker Engine of its own' },
  {
    program: 'docker',
    packages: ['docker.io', 'docker-cli'],
    why: 'images are built and looked at with it',
  },
  { program: 'docker-registry', packages: ['docker-registry'], why: 'the hosts pull from it' },
  { program: 'busybox', packages: ['busybox-static'], why: 'all there is in the images' },
  { program: 'iptables', packages: ['iptables'], why: 'Docker publishes ports with it' },
  { program: 'ip', packages: ['iproute2'], why: 'every host has a network of its own' },
  { program: 'nsenter', packages: ['util-linux'], why: 'programs are started on a host with it' },
  {
    program: 'openssl',
    packages: ['openssl'],
    why: 'certificates are checked by a second opinion',
  },
  { program: 'curl', packages: ['curl'], why: 'the recipes of docs/ci.md are run as they stand' },
];

export const missingPrograms = (): Need[] => needs.filter(({ program }) => !there(program));

/** Whether tests that need these programs are run; with CI=true they are all the same, and fail. */
export const runsWith = (...programs: readonly string[]): boolean =>
  process.env['CI'] === 'true' || programs.every((program) => find(program) !== undefined);

/** Why hosts of our own cannot be started here; undefined where they can. */
export function whyNoHosts(): string | undefined {
  if (process.platform !== 'linux') return `they need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'they need root, for network namespaces';
  const missing = missingPrograms().map(({ program }) => program);
  return missing.length === 0 ? undefined : `missing here: ${missing.join(', ')}`;
}

function there(program: string): boolean {
  const path = find(program);
  return path !== undefined && (program !== 'busybox' || isStatic(path));
}

/** The path of a program, also of one that only root usually has in sight. */
export function find(program: string): string | undefined {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return dirs
    .map((dir) => join(dir, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** In an image from scratch there is no loader: a program that names one could not start. */
export function isStatic(path: string): boolean {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return head.subarray(1, 4).toString() === 'ELF' && !/\/ld[-.]/.test(head.toString('latin1'));
}
