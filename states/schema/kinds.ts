// Kinds of values that services are made of: durations, sizes, ports, volumes, selectors and the like.

import type { Restart } from '../model.ts';
import { quoted, right, wrong, type Parsed } from '../parsed.ts';
import { parsePort } from '../ports.ts';
import { parseSelector } from '../selector.ts';
import { suggest } from '../suggest.ts';
import { formatDuration, formatSize, parseDuration, parsePercent, parseSize } from '../units.ts';
import { parseVolume } from '../volumes.ts';
import { anyText, count, numberOf, text, unit, type Kind } from './kind.ts';
import { parseWeekSpan, parseZone } from '../windows.ts';
import { signals } from './signals.ts';

export const duration = (min: number): Kind<number> =>
  unit('a duration like 30s', durationJson, (raw) => {
    const parsed = parseDuration(raw);
    return parsed.ok && parsed.value < min
      ? wrong(`${quoted(raw)} is too short`, `at least ${formatDuration(min)}`)
      : parsed;
  });

const durationJson = { pattern: '^(\\d+(\\.\\d+)?(d|h|m|s|ms))+$' };

export const weekSpan = text('a part of a week like "mon-fri 09:00-17:00"', {}, parseWeekSpan);
export const zone = text('a time zone like Europe/Berlin', {}, parseZone);

const memoryBytesMin = 6 * 1024 ** 2;

export const memory = unit(
  'a size like 512m',
  { pattern: '^\\d+(\\.\\d+)?([bB]|[kmgtKMGT]([iI]?[bB])?)$' },
  (raw) => {
    const parsed = parseSize(raw);
    return parsed.ok && parsed.value < memoryBytesMin
      ? wrong(`${quoted(raw)} is too small`, `Docker gives at least ${formatSize(memoryBytesMin)}`)
      : parsed;
  },
);

export const size = unit(
  'a size like 64m',
  { pattern: '^\\d+(\\.\\d+)?([bB]|[kmgtKMGT]([iI]?[bB])?)$' },
  parseSize,
);

const cpusMax = 1_024;
export const cpus: Kind<number> = {
  takes: 'a number of CPUs like 0.5',
  json: { type: 'number', minimum: 0.01, maximum: cpusMax },
  parse: (raw) => {
    const value = numberOf(raw);
    if (value === undefined) return undefined;
    return value >= 0.01 && value <= cpusMax
      ? right(value)
      : wrong(`${value} is not from 0.01 to ${cpusMax}`);
  },
};

export type Batch = { readonly hosts: number } | { readonly percent: number };
const hostsMax = 100_000;
const batchHosts = (value: number): Parsed<Batch> =>
  Number.isInteger(value) && value >= 1 && value <= hostsMax
    ? right({ hosts: value })
    : wrong(`${value} is not a number of hosts`, 'write a whole number from 1, or a part like 25%');

export const batch: Kind<Batch> = {
  takes: 'a number of hosts, or a part of them like 25%',
  json: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: hostsMax },
      { type: 'string', pattern: '^(100|[1-9]\\d?)%$' },
    ],
  },
  parse: (raw) => {
    const hosts = numberOf(raw);
    if (hosts !== undefined) return batchHosts(hosts);
    if (typeof raw === 'boolean') return undefined;
    const percent = parsePercent(String(raw));
    return percent.ok ? right({ percent: percent.value }) : percent;
  },
};

export const selector = text('a selector like role=app', { minLength: 1 }, parseSelector);

export const port = unit(
  'a port like 8080:80',
  { pattern: ':\\d+(-\\d+)?(/(tcp|udp))?$' },
  parsePort,
);

export const containerPort = count(1, 65_535);

export const volume = text(
  'a volume like data:/data',
  { pattern: '^[^:]+:/[^:]*(:(ro|rw))?$' },
  parseVolume,
);

const restartWords = ['no', 'always', 'unless-stopped', 'on-failure'] as const;

export const restart = text<Restart>(
  'a restart policy',
  { pattern: '^(no|always|unless-stopped|on-failure(:\\d+)?)$' },
  (raw) => {
    const [, retries] = /^on-failure:(\d{1,6})$/.exec(raw) ?? [];
    if (retries !== undefined) return right({ policy: 'on-failure', maxRetries: Number(retries) });
    const policy = restartWords.find((word) => word === raw);
    if (policy !== undefined) return right({ policy });
    const meant = suggest(raw, restartWords);
    return wrong(
      `${quoted(raw)} is not a restart policy`,
      meant === undefined
        ? `write one of ${restartWords.join(', ')}, or on-failure:5`
        : `did you mean \`${meant}\`?`,
    );
  },
);

export const signal = text('a signal like SIGTERM', { enum: signals }, (raw) => {
  const known = signals.find((each) => each === raw);
  if (known !== undefined) return right(known);
  const name = raw.toUpperCase();
  const meant = signals.find((each) => each === `SIG${name}`) ?? suggest(name, signals);
  return wrong(
    `${quoted(raw)} is not a signal`,
    meant === undefined ? 'write its name, like SIGTERM' : `did you mean \`${meant}\`?`,
  );
});

const pathCharsMax = 2_048;

export const httpPath = text('the path of a URL like /up', { pattern: '^/\\S*$' }, (raw) => {
  if (raw.length > pathCharsMax) return wrong(`the path is longer than ${pathCharsMax} characters`);
  if (/^\/[\x21-\x7e]*$/.test(raw)) return right(raw);
  if (/^https?:\/\//.test(raw)) {
    const hint = 'write its path alone; the port goes to `port`, the host is this one';
    return wrong(`${quoted(raw)} is more than the path`, hint);
  }
  if (/^[\x21-\x7e]+$/.test(raw)) return wrong(`${quoted(raw)} is not a path`, `write /${raw}`);
  return wrong(
    `${quoted(raw)} has characters that a URL has not`,
    'write them as %20 and the like',
  );
});

/** The port itself, or `true` for the first one that the service publishes. */
export const tcpPort: Kind<number | true> = {
  takes: 'a port of the container, or `true` for the first that is published',
  json: { anyOf: [containerPort.json, { const: true }] },
  parse: (raw) => (raw === true ? right(true) : containerPort.parse(raw)),
};

export const user = anyText(255, (raw) =>
  /^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$/.test(raw)
    ? right(raw)
    : wrong(`${quoted(raw)} is not a user`, 'write a name or a number, with :group where needed'),
);
