// The keys of a service that only some containers need; each is Compose's own where it has one.

import { bounds } from '../bounds.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { suggest } from '../suggest.ts';
import * as kinds from './container-kinds.ts';
import { anyText, count, flag, oneOf } from './kind.ts';
import { size } from './kinds.ts';
import { leaf, type Reading } from './leaf.ts';
import { keyed, list, map } from './shape.ts';

export const instancesMax = 100;

export function containerOptions(reading: Reading) {
  const value = leaf(reading);
  const short = { max: bounds.mountsMax };
  return {
    instances: value(count(1, instancesMax), {
      about: 'Containers of it on each host; each has its own port of a range, or none.',
      default: 1,
    }).exactOptional(),
    order: value(oneOf('start-first', 'stop-first'), {
      about: 'Whether the new container starts before the old one stops.',
    }).exactOptional(),
    working_dir: value(kinds.containerPath, {
      about: "Where its command begins; the image's own where absent.",
    }).exactOptional(),
    hostname: value(kinds.hostname, { about: 'What it takes itself for.' }).exactOptional(),
    tmpfs: list(value(kinds.tmpfs, { about: '/path[:size=64m,mode=1777]' }), short)
      .exactOptional()
      .describe('Directories in memory, empty at every start.'),
    extra_hosts: keyed(extraHost, value(kinds.hostAddress))
      .exactOptional()
      .describe('Names that it finds at these addresses.'),
    dns: map('`dns`', {
      servers: list(value(kinds.ipAddress))
        .exactOptional()
        .describe('Asked instead of the host’s.'),
      search: list(value(kinds.searchDomain))
        .exactOptional()
        .describe('Domains that short names are looked for in.'),
      options: list(value(kinds.resolverOption))
        .exactOptional()
        .describe('Options of the resolver, like ndots:2.'),
    })
      .exactOptional()
      .describe("How it resolves names; as the host's Docker does where absent."),
    cap_add: list(value(kinds.capability))
      .exactOptional()
      .describe('Capabilities beside those that Docker gives.'),
    cap_drop: list(value(kinds.capability))
      .exactOptional()
      .describe('Capabilities that it is not given.'),
    read_only: value(flag, {
      about: 'Its own file system cannot be written; volumes and tmpfs can.',
      default: false,
    }).exactOptional(),
    init: value(flag, {
      about: 'A small init that passes signals on and buries the dead; as Docker is set up else.',
    }).exactOptional(),
    security_opt: list(value(kinds.securityOption))
      .exactOptional()
      .describe('no-new-privileges, seccomp=unconfined, apparmor=<profile>, label=<option>.'),
    devices: list(value(kinds.device, { about: '/dev/host[:/dev/inside][:rwm]' }), short)
      .exactOptional()
      .describe('Devices of the host that it may use.'),
    logging: map('`logging`', {
      driver: value(kinds.loggingDriver, { about: "The name of one of Docker's drivers." }),
      options: keyed(optionName, value(anyText(bounds.labelCharsMax)))
        .exactOptional()
        .describe('What that driver takes, like max-size.'),
    })
      .exactOptional()
      .describe('Where its output goes; as Docker is set up where absent.'),
  };
}

/** The keys of `limits` beside memory and CPUs. */
export function limitOptions(reading: Reading) {
  const value = leaf(reading);
  return {
    pids: value(count(1, 4_194_304), { about: 'Processes and threads.' }).exactOptional(),
    shm: value(size, { about: 'Size of /dev/shm, in powers of 1024.' }).exactOptional(),
    ulimits: keyed(ulimitName, value(kinds.ulimit))
      .exactOptional()
      .describe('By name, like nofile: a number, or soft:hard; -1 is none.'),
  };
}

const named = (pattern: string, problem: string, hint: string) => ({
  pattern,
  check: (raw: string) =>
    new RegExp(pattern).test(raw) ? right(raw) : wrong(`${quoted(raw)} ${problem}`, hint),
});

const extraHost = named(
  '^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$',
  'is not the name of a host',
  'write letters, digits, . and -',
);

const optionName = named(
  '^[a-z0-9][\\w.-]{0,127}$',
  'is not the name of an option',
  'write it like max-size',
);

const ulimitName = {
  pattern: `^(${kinds.ulimitNames.join('|')})$`,
  check: (raw: string) => {
    if (kinds.ulimitNames.includes(raw)) return right(raw);
    const meant = suggest(raw, kinds.ulimitNames);
    const listed = kinds.ulimitNames.join(', ');
    const hint = meant === undefined ? `there are ${listed}` : `did you mean \`${meant}\`?`;
    return wrong(`${quoted(raw)} is not the name of a limit`, hint);
  },
};
