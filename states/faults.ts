// The closed catalogue of what can go wrong: code → exit code of the CLI, whether trying again can
// help, and what to do next. The code is API; the message beside it is prose. Imports only types.

import type { SourcePosition } from './model.ts';

interface FaultKind {
  readonly exit: number;
  readonly retry: boolean;
  readonly hint: string;
}

export const faults = {
  STATE_INVALID: {
    exit: 1,
    retry: false,
    hint: 'mend the places named above; `master validate` checks them without a master',
  },
  SOURCE_MISSING: {
    exit: 1,
    retry: false,
    hint: 'give the path or URL of a git repository, or a directory, that holds brine.yaml',
  },
  SOURCE_DIRTY: {
    exit: 1,
    retry: false,
    hint: 'commit or stash the changes; only committed states are applied',
  },
  SOURCE_REF: { exit: 1, retry: false, hint: 'check the branch, tag or commit with `git log`' },
  SOURCE_FETCH: {
    exit: 5,
    retry: true,
    hint: 'check that this machine can reach and read the repository; what runs goes on',
  },
  SOURCE_PUSH: {
    exit: 5,
    retry: true,
    hint: 'let the master push to this branch; it is tried again, and what runs goes on',
  },
  NO_HOSTS: { exit: 1, retry: false, hint: 'compare the selector with `master hosts`' },
  HOSTS_MISSING: {
    exit: 6,
    retry: true,
    hint: 'start the minions of the hosts named; they converge when they are back',
  },
  PORT_CONFLICT: { exit: 1, retry: false, hint: 'give one of them another port, or other hosts' },
  PORT_TAKEN: {
    exit: 1,
    retry: false,
    hint: 'stop what holds the port, or give the service another one',
  },
  PORT_STALE: {
    exit: 3,
    retry: true,
    hint: 'restart the Docker Engine of that host: nothing else frees a port that it lost when it crashed',
  },
  NAME_TAKEN: {
    exit: 1,
    retry: false,
    hint: 'rename or remove the container that has the name; it is not ours to touch',
  },
  NOT_ALLOWED: {
    exit: 1,
    retry: false,
    hint: 'leave it out of the state, or let the owner of that host allow it in its minion.yaml',
  },
  IMAGE_NOT_FOUND: { exit: 1, retry: false, hint: 'push the tag, or correct it in versions/' },
  REGISTRY_AUTH: { exit: 1, retry: false, hint: 'check the credentials for this registry' },
  REGISTRY_DOWN: {
    exit: 5,
    retry: true,
    hint: 'check that the registry answers from this host; the pull is tried again',
  },
  DISK_FULL: {
    exit: 3,
    retry: false,
    hint: 'free space where Docker keeps its data (`docker system df`)',
  },
  CONTAINER_OPTION: { exit: 3, retry: false, hint: 'correct the option in the state named above' },
  CONTAINER_COMMAND: {
    exit: 3,
    retry: false,
    hint: 'check `command` and `entrypoint` against what the image holds',
  },
  CONTAINER_EXITED: {
    exit: 3,
    retry: false,
    hint: 'read the log lines above; the container ended by itself',
  },
  JOB_FAILED: {
    exit: 3,
    retry: false,
    hint: 'read the log lines above and mend the job; nothing was switched, and the next apply runs it again',
  },
  CONTAINER_UNHEALTHY: {
    exit: 3,
    retry: false,
    hint: 'read the last probe and the log lines above',
  },
  CONTAINER_OOM: {
    exit: 3,
    retry: false,
    hint: 'raise `limits.memory`, or make the service use less',
  },
  DOCKER_DOWN: {
    exit: 5,
    retry: true,
    hint: 'start the Docker Engine on that host; the minion goes on by itself',
  },
  DOCKER_VERSION: {
    exit: 3,
    retry: false,
    hint: 'run Docker 20.10 or newer on that host, and a Brine that knows its version',
  },
  DOCKER_ERROR: { exit: 3, retry: false, hint: 'read the message of the Docker Engine above' },
  NO_PROGRESS: {
    exit: 3,
    retry: false,
    hint: 'see with `master events` what the host was doing, or raise `rollout.progress`',
  },
  ROLLOUT_BUSY: { exit: 5, retry: true, hint: 'wait for it, or follow it with `master watch`' },
  PLAN_OUTDATED: {
    exit: 5,
    retry: false,
    hint: 'look at the new plan with `master plan`, and apply that',
  },
  ROLLOUT_NONE: { exit: 1, retry: false, hint: 'see `master history` for what there is' },
  PROMOTION_NONE: {
    exit: 1,
    retry: false,
    hint: 'see `master status` for what is under way and what waits',
  },
  PROMOTION_REFUSED: {
    exit: 5,
    retry: true,
    hint: 'read the reason; what is in the way must end, or be ended, first',
  },
  MASTER_DOWN: {
    exit: 8,
    retry: true,
    hint: 'start it with `master start`, or name its directory with --dir',
  },
  MASTER_UNSET: {
    exit: 1,
    retry: false,
    hint: 'run `master init` first, or name its directory with --dir',
  },
  MASTER_BUSY: { exit: 1, retry: false, hint: 'another master already runs on this directory' },
  LISTEN_FAILED: {
    exit: 1,
    retry: true,
    hint: 'see with `ss -ltnp` who holds the port; or choose another one, or an address of this machine, in master.yaml',
  },
  STORE_UNUSABLE: {
    exit: 1,
    retry: false,
    hint: 'read the reason; start the version of Brine that wrote it, or restore a backup',
  },
  STORE_COMPACTED: {
    exit: 5,
    retry: true,
    hint: 'read anew from the beginning; the reader was too slow for what is kept',
  },
  JOIN_REFUSED: {
    exit: 1,
    retry: false,
    hint: 'read the reason: take another id with --id, or a new token, made with `master token create`',
  },
  JOIN_CA: {
    exit: 1,
    retry: false,
    hint: 'the master that answered is not the one that made the token: check the address',
  },
  MASTER_UNREACHABLE: {
    exit: 1,
    retry: true,
    hint: 'check the address, and that its port can be reached from this host',
  },
  CLOCK_WRONG: {
    exit: 1,
    retry: true,
    hint: 'compare `date -u` here and on the master, and set the clock that is wrong',
  },
  MINION_UNSET: {
    exit: 1,
    retry: false,
    hint: 'run `minion join <url> --token …` first, or name its directory with --dir',
  },
  MINION_BUSY: { exit: 1, retry: false, hint: 'another minion already runs on this directory' },
  MINION_DOWN: {
    exit: 1,
    retry: true,
    hint: 'start it with `minion start`, or name its directory with --dir',
  },
  JOURNAL_UNUSABLE: {
    exit: 1,
    retry: false,
    hint: 'read the reason; make room on the disk, or start the version of Brine that wrote it',
  },
  LINK_REFUSED: {
    exit: 1,
    retry: true,
    hint: 'read the reason; the other side may need another version of Brine',
  },
  UNKNOWN_NAME: {
    exit: 1,
    retry: false,
    hint: 'check the spelling against `master status` and `master hosts`',
  },
  BAD_USAGE: { exit: 1, retry: false, hint: 'see --help' },
  ACCESS_DENIED: {
    exit: 1,
    retry: false,
    hint: 'use a token with the scope named, or the socket on the master itself',
  },
  INTERNAL: {
    exit: 4,
    retry: false,
    hint: 'this is a defect of Brine; run again with --debug and report it',
  },
} as const satisfies Record<string, FaultKind>;

export type FaultCode = keyof typeof faults;

/** An operating error as a value: `where` names the host, container or file it concerns. */
export interface FaultData {
  readonly code: FaultCode;
  readonly message: string;
  readonly where?: string;
  readonly at?: SourcePosition;
}

/** The one error class that carries a fault through a throw; anything else thrown is a defect. */
export class Fault extends Error {
  readonly data: FaultData;
  constructor(data: FaultData, options?: ErrorOptions) {
    super(data.message, options);
    this.name = 'Fault';
    this.data = data;
  }
}

export const fault = (
  code: FaultCode,
  message: string,
  more: Omit<FaultData, 'code' | 'message'> = {},
  options?: ErrorOptions,
): Fault => new Fault({ code, message, ...more }, options);
