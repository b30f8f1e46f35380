// Kinds of values of the rarer options of a container: capabilities, devices, tmpfs and the like.

import { posix } from 'node:path';
import type { Device, Tmpfs, Ulimit } from '../model.ts';
import { quoted, right, wrong, type Parsed } from '../parsed.ts';
import { isAddress } from '../ports.ts';
import { suggest } from '../suggest.ts';
import { parseSize } from '../units.ts';
import { anyText, numberOf, text, type Kind } from './kind.ts';

const asPath = (raw: string): string | undefined =>
  raw.startsWith('/') && !raw.split('/').includes('..') && !/[:,\0]/.test(raw)
    ? posix.normalize(raw).replace(/(.)\/$/, '$1')
    : undefined;

export const containerPath = text('a path in the container', { pattern: '^/' }, (raw) => {
  const path = asPath(raw);
  return path === undefined
    ? wrong(`${quoted(raw)} is not a path in the container`, 'write it from /, without ".."')
    : right(path);
});

export const hostname = text(
  'the name of a host',
  { pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$' },
  (raw) =>
    raw.length <= 63 && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not the name of a host`, 'up to 63 of letters, digits, . and -'),
);

const tmpfsHint =
  'write a path, like /run, with its size and mode where needed: /run:size=64m,mode=1777';

export const tmpfs = text<Tmpfs>('a path like /run', { pattern: '^/' }, (raw) => {
  const [path = '', options = '', ...more] = raw.split(':');
  const target = asPath(path);
  if (target === undefined || target === '/' || more.length > 0) {
    return wrong(`${quoted(raw)} is not a tmpfs`, tmpfsHint);
  }
  let made: Tmpfs = { target };
  for (const option of raw.includes(':') ? options.split(',') : []) {
    const [, name, value = ''] = /^(size|mode)=(.+)$/.exec(option) ?? [];
    if (name === 'size') {
      const size = parseSize(value);
      if (!size.ok) return wrong(`${quoted(raw)}: ${size.problem}`, size.hint);
      made = { ...made, sizeBytes: size.value };
    } else if (name === 'mode' && /^[0-7]{3,4}$/.test(value)) {
      made = { ...made, mode: Number.parseInt(value, 8) };
    } else {
      return wrong(`${quoted(raw)} has an unknown option, ${quoted(option)}`, tmpfsHint);
    }
  }
  return right(made);
});

export const hostAddress = text(
  'an IP address, or `host-gateway`',
  { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }, { const: 'host-gateway' }] },
  (raw) =>
    isAddress(raw) || raw === 'host-gateway'
      ? right(raw)
      : wrong(`${quoted(raw)} is not an IP address`, 'or write `host-gateway` for the host itself'),
);

export const ipAddress = text(
  'an IP address',
  { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
  (raw) => (isAddress(raw) ? right(raw) : wrong(`${quoted(raw)} is not an IP address`)),
);

export const searchDomain = text('a domain', { pattern: '^[A-Za-z0-9_.-]+$' }, (raw) =>
  /^[A-Za-z0-9_.-]{1,253}$/.test(raw) ? right(raw) : wrong(`${quoted(raw)} is not a domain`),
);

export const resolverOption = anyText(100, (raw) =>
  /^[a-z0-9-]+(:\d+)?$/.test(raw)
    ? right(raw)
    : wrong(`${quoted(raw)} is not an option of the resolver`, 'write it like ndots:2 or rotate'),
);

const capabilities = [
  ...['ALL', 'AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF'],
  ...['CHECKPOINT_RESTORE', 'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID'],
  ...['IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE', 'LINUX_IMMUTABLE', 'MAC_ADMIN', 'MAC_OVERRIDE'],
  ...['MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_RAW', 'PERFMON', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT'],
  ...['SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE'],
  ...['SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'],
];

/** Without `CAP_`, in capitals: one spelling, so that another of the same replaces nothing. */
export const capability = text(
  'a capability like NET_ADMIN',
  { pattern: '^(CAP_)?[A-Za-z_]+$' },
  (raw) => {
    const name = raw.toUpperCase().replace(/^CAP_/, '');
    if (capabilities.includes(name)) return right(name);
    const meant = suggest(name, capabilities);
    const hint = meant === undefined ? 'see capabilities(7)' : `did you mean \`${meant}\`?`;
    return wrong(`${quoted(raw)} is not a capability`, hint);
  },
);

const securityHint =
  'there are no-new-privileges, seccomp=unconfined, apparmor=<profile> and label=<option>';

/** A profile of seccomp would be a file of the host; that is not read. */
export const securityOption = text('an option like no-new-privileges', {}, (raw) => {
  if (/^no-new-privileges([:=]true)?$/.test(raw)) return right('no-new-privileges');
  const [, name, value] = /^(seccomp|apparmor|label)[:=]([\w:.-]+)$/.exec(raw) ?? [];
  return name === undefined || value === undefined || (name === 'seccomp' && value !== 'unconfined')
    ? wrong(`${quoted(raw)} is not an option of security`, securityHint)
    : right(`${name}=${value}`);
});

export const device = text<Device>('a device like /dev/fuse', { pattern: '^/dev/' }, (raw) => {
  const [host = '', second, third, ...more] = raw.split(':');
  const onlyRights = third === undefined && second !== undefined && /^[rwm]+$/.test(second);
  const container = onlyRights ? host : (second ?? host);
  const permissions = onlyRights ? second : (third ?? 'rwm');
  const [from, to] = [asPath(host), asPath(container)];
  const fits = /^(?!.*(.).*\1)[rwm]{1,3}$/.test(permissions) && more.length === 0;
  return from === undefined || to === undefined || !fits
    ? wrong(
        `${quoted(raw)} is not a device`,
        'write /dev/host, /dev/host:/dev/inside, or either with :rwm',
      )
    : right({ host: from, container: to, permissions });
});

/** Both the same, or `soft:hard`; −1 is no limit. */
export const ulimit: Kind<Ulimit> = {
  takes: 'a number, or `soft:hard`',
  json: {
    anyOf: [
      { type: 'integer', minimum: -1 },
      { type: 'string', pattern: '^-?\\d+(:-?\\d+)?$' },
    ],
  },
  parse: (raw) => {
    if (typeof raw === 'boolean') return undefined;
    const [, soft, hard = soft] = /^(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(String(raw)) ?? [];
    if (soft === undefined) {
      return numberOf(raw) === undefined && typeof raw === 'number'
        ? undefined
        : wrong(
            `${quoted(String(raw))} is not a limit`,
            'write a number, or soft:hard; -1 is none',
          );
    }
    return ordered({ soft: Number(soft), hard: Number(hard) });
  },
};

const ordered = (limit: Ulimit): Parsed<Ulimit> =>
  limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard)
    ? wrong(`the soft limit ${limit.soft} is above the hard limit ${limit.hard}`)
    : right(limit);

export const ulimitNames: readonly string[] = [
  ...['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc'],
  ...['rss', 'rtprio', 'rttime', 'sigpending', 'stack'],
];

/** A plugin may bring another; what the Engine does not know it refuses by name. */
export const loggingDriver = text('a logging driver like json-file', {}, (raw) =>
  /^[a-zA-Z0-9][\w./:-]{0,127}$/.test(raw)
    ? right(raw)
    : wrong(`${quoted(raw)} is not a logging driver`, 'write its name, like json-file'),
);
