// A test of brine.yaml: what is asked, what a good answer is, and where it is run.

import type { z } from 'zod';
import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseJsonMatch, parseMatch } from '../match.ts';
import { quoted, right, wrong } from '../parsed.ts';
import type { JsonMatch } from '../test-request.ts';
import { formatDuration } from '../units.ts';
import * as kinds from './kinds.ts';
import { anyText, count, oneOf, text, type Kind } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import * as names from './names.ts';
import { keyed, list, map, type Key } from './shape.ts';

/** `resolved` when it is run; until then `${…}` may stand for what is not known. */
export function makeTestSchema(reading: Exclude<Reading, 'literal'>) {
  const value = leaf('literal');
  const later = leaf(reading);
  const word = anyText(bounds.wordCharsMax);
  return map('a test', {
    http: later(names.testUrl, { about: 'A URL that the host asks.' }).exactOptional(),
    expect: map('`expect`', {
      status: value(count(100, 599), {
        about: 'The status of a good answer.',
        default: defaults.test.status,
      }).exactOptional(),
      headers: keyed(headerName, later(match))
        .exactOptional()
        .describe('Headers of a good answer: a text that stands in them, or /a pattern/.'),
      body: later(match, {
        about: 'A text that stands in the body of a good answer, or /a pattern/.',
      }).exactOptional(),
      json: keyed(jsonPath, later(jsonMatch))
        .exactOptional()
        .describe('Values in the JSON of a good answer, by paths like db.pools[0].size.'),
    })
      .exactOptional()
      .describe('What a good answer is.'),
    interval: value(kinds.duration(intervalMsMin), {
      about: 'Time between two questions, until one is answered as expected.',
      default: defaults.test.interval,
    }).exactOptional(),
    container: later(names.testImage, {
      about: 'An image that is run; exit code 0 is a pass.',
    }).exactOptional(),
    command: list(later(word), { min: 1 }).exactOptional().describe('Words of its command.'),
    entrypoint: list(later(word), { min: 1 }).exactOptional().describe('Words of its entrypoint.'),
    env: keyed(envName, later(anyText(bounds.textCharsMax)))
      .exactOptional()
      .describe('Its environment variables.'),
    user: later(kinds.user, { about: 'User and group inside the container.' }).exactOptional(),
    limits: map('`limits`', {
      memory: later(kinds.memory, { about: 'Memory, in powers of 1024.' }).exactOptional(),
      cpus: later(kinds.cpus, { about: 'CPUs, parts of one too.' }).exactOptional(),
    })
      .exactOptional()
      .describe('What the container may use; no limit where absent.'),
    junit: later(containerPath, {
      about: 'A JUnit file that it writes, read for its counts.',
    }).exactOptional(),
    exec: list(later(word), { min: 1 })
      .exactOptional()
      .describe("Words of a command that is run in the service's own container."),
    service: value(names.serviceName, {
      about: 'The service in whose container `exec` runs.',
    }).exactOptional(),
    on: value(oneOf('each-host', 'one-host'), {
      about: 'Where it is run.',
      default: defaults.test.on,
    }).exactOptional(),
    targets: value(kinds.selector, {
      about: 'Which hosts it may be run on; those that run the services it names where absent.',
    }).exactOptional(),
    timeout: value(timeout, {
      about: 'Time that it is given.',
      default: defaults.test.timeout,
    }).exactOptional(),
  }).superRefine((wanted, context) => {
    for (const { path, message, hint } of problemsOf(wanted)) {
      context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
    }
  });
}

const intervalMsMin = 10;
const timeoutMsMax = 86_400_000;

const timeout: Kind<number> = {
  ...kinds.duration(1),
  parse: (raw) => {
    const parsed = kinds.duration(1).parse(raw);
    return parsed?.ok === true && parsed.value > timeoutMsMax
      ? wrong(`${quoted(String(raw))} is too long`, `at most ${formatDuration(timeoutMsMax)}`)
      : parsed;
  },
};

const match = text('a text, or /a pattern/', {}, parseMatch);

const jsonMatch: Kind<JsonMatch> = {
  takes: 'text, a number, `true` or `false`',
  json: { type: ['string', 'number', 'boolean'] },
  parse: parseJsonMatch,
};

const containerPath = text('a path in the container like /report.xml', { pattern: '^/' }, (raw) =>
  /^\/[^\0]{0,1000}$/.test(raw)
    ? right(raw)
    : wrong(`${quoted(raw)} is not a path in the container`, 'begin it with /'),
);

const headerName: Key = {
  pattern: '^[A-Za-z0-9-]{1,100}$',
  check: (raw) =>
    /^[A-Za-z0-9-]{1,100}$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not the name of a header`),
};

const jsonPath: Key = {
  pattern: '^.{1,200}$',
  check: (raw) => {
    const parsed = parseJsonPath(raw);
    return parsed.ok ? right(raw) : parsed;
  },
};

const envName: Key = {
  pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,254}$',
  check: (raw) =>
    /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not the name of an environment variable`),
};

const kindsOfTest = ['http', 'container', 'exec'] as const;
type KindOfTest = (typeof kindsOfTest)[number];

const keysOf: Readonly<Record<KindOfTest, readonly string[]>> = {
  http: ['expect', 'interval'],
  container: ['command', 'entrypoint', 'env', 'user', 'limits', 'junit'],
  exec: ['service'],
};

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  readonly hint: string;
}

function problemsOf(wanted: object): readonly Problem[] {
  const [kind, other] = kindsOfTest.filter((each) => each in wanted);
  if (kind === undefined) {
    const message = 'a test asks by `http`, runs a `container`, or an `exec` in one that runs';
    return [{ path: [], message, hint: 'write one of them' }];
  }
  if (other !== undefined) {
    const message = `\`${kind}\` and \`${other}\` are two tests`;
    return [{ path: [other], message, hint: 'give each a name of its own' }];
  }
  if (kind === 'exec' && !('service' in wanted)) {
    const message = '`exec` runs in the container of a service, and none is named';
    return [{ path: ['exec'], message, hint: 'add `service`' }];
  }
  return kindsOfTest
    .filter((each) => each !== kind)
    .flatMap((each) => keysOf[each].map((key) => ({ key, kind: each })))
    .filter(({ key }) => key in wanted)
    .map(({ key, kind: owner }) => ({
      path: [key],
      message: `\`${key}\` belongs to \`${owner}\``,
      hint: 'take it out',
    }));
}

export type TestFile = z.output<ReturnType<typeof makeTestSchema>>;
