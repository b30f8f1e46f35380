// brine.yaml: the project, where its images are, and how releases are tested on their way.

import { z } from 'zod';
import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { isName } from '../ids.ts';
import { quoted, right, wrong } from '../parsed.ts';
import * as kinds from './kinds.ts';
import { anyText, count, flag, oneOf } from './kind.ts';
import * as names from './names.ts';
import { leaf } from './leaf.ts';
import { keyed, list, map, type Key } from './shape.ts';

const value = leaf('literal');
/** Tests are resolved when they are run. */
const later = leaf('written');

const nameHint = '1 to 40 of a-z, 0-9 and -, with - only in between';

export const nameKey = (what: string): Key => ({
  pattern: names.namePattern,
  check: (raw) =>
    isName(raw) ? right(raw) : wrong(`${quoted(raw)} is not the name of ${what}`, nameHint),
});

const registryKey: Key = {
  pattern: '^[A-Za-z0-9.-]+(:\\d{1,5})?$',
  check: (raw) => {
    const host = /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/.test(raw);
    if (host && URL.canParse(`http://${raw}`)) return right(raw);
    const hint = 'write host or host:port, like registry.example.com:5000';
    return wrong(`${quoted(raw)} is not the address of a registry`, hint);
  },
};

const registry = map('a registry', {
  insecure: value(flag, {
    about: 'Spoken to over plain HTTP.',
    default: false,
  }).exactOptional(),
});

const track = map('`track`', {
  semver: value(names.semverRange, { about: 'The newest version in this range.' }).exactOptional(),
  newest: value(names.tagPattern, {
    about: 'The newest tag that this expression matches.',
  }).exactOptional(),
  digest: value(names.tag, { about: 'Whatever this tag points to.' }).exactOptional(),
}).transform((rule, context): Track => {
  const { semver, newest, digest } = rule;
  if (Object.keys(rule).length === 1) {
    if (semver !== undefined) return { semver };
    if (newest !== undefined) return { newest };
    if (digest !== undefined) return { digest };
  }
  const hint = 'write one of `semver`, `newest` and `digest`';
  const path = Object.keys(rule).slice(1, 2);
  const message = 'an image is tracked in exactly one way';
  context.addIssue({ code: 'custom', path, message, params: { hint } });
  return z.NEVER;
});

/** Which new tags of an image are looked for: a range, a pattern, or what one tag points to. */
export type Track =
  { readonly semver: string } | { readonly newest: string } | { readonly digest: string };

const image = map('an image', {
  repository: value(names.repository, { about: 'registry/name, without a tag or a digest.' }),
  track: track.exactOptional().describe('Which new versions become releases by themselves.'),
});

const word = anyText(bounds.wordCharsMax);

const test = map('a test', {
  http: later(names.testUrl, { about: 'A URL that is asked.' }).exactOptional(),
  expect: map('`expect`', {
    status: value(count(100, 599), {
      about: 'The status of a good answer.',
      default: defaults.test.status,
    }).exactOptional(),
  })
    .exactOptional()
    .describe('What a good answer is.'),
  container: later(names.testImage, {
    about: 'An image that is run; exit code 0 is a pass.',
  }).exactOptional(),
  command: list(later(word), { min: 1 }).exactOptional().describe('Words of its command.'),
  env: keyed(
    {
      pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,254}$',
      check: (raw) =>
        /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/.test(raw)
          ? right(raw)
          : wrong(`${quoted(raw)} is not the name of an environment variable`),
    },
    later(anyText(bounds.textCharsMax)),
  )
    .exactOptional()
    .describe('Its environment variables.'),
  on: value(oneOf('each-host', 'one-host'), {
    about: 'Where it is run.',
    default: defaults.test.on,
  }).exactOptional(),
  timeout: value(kinds.duration(1), {
    about: 'Time that it is given.',
    default: defaults.test.timeout,
  }).exactOptional(),
}).superRefine((wanted, context) => {
  const say = (key: string | undefined, message: string, hint: string): void =>
    context.addIssue({
      code: 'custom',
      path: key === undefined ? [] : [key],
      message,
      params: { hint },
    });
  const { http, container } = wanted;
  if (http === undefined && container === undefined) {
    say(undefined, 'a test asks by `http` or runs a `container`', 'write one of them');
  } else if (http !== undefined && container !== undefined) {
    say('container', '`http` and `container` are two tests', 'give each a name of its own');
  } else {
    const strange = http === undefined ? (['expect'] as const) : (['command', 'env'] as const);
    const kind = http === undefined ? 'http' : 'container';
    for (const key of strange) {
      if (key in wanted) say(key, `\`${key}\` belongs to \`${kind}\``, 'take it out');
    }
  }
});

const stage = map('a stage', {
  after: z
    .union([value(names.environmentName), list(value(names.environmentName), { min: 1 })])
    .exactOptional()
    .describe('Stages that a release must have passed before.'),
  verify: list(value(names.testName)).exactOptional().describe('Tests that must pass here.'),
  soak: value(kinds.duration(0), {
    about: 'Time that a release stays here before it may go on.',
    default: defaults.stage.soak,
  }).exactOptional(),
  approval: value(oneOf('none', 'manual'), {
    about: 'Whether a person must agree before a release enters.',
    default: defaults.stage.approval,
  }).exactOptional(),
});

export const brineSchema = map('brine.yaml', {
  project: value(names.projectName, { about: 'Stands in every name and label on the hosts.' }),
  registries: keyed(registryKey, registry)
    .exactOptional()
    .describe('What is special about registries, by host[:port].'),
  images: keyed(nameKey('an image'), image)
    .exactOptional()
    .describe('The images that services run, by name.'),
  tests: keyed(nameKey('a test'), test).exactOptional().describe('Tests, by name.'),
  pipeline: keyed(nameKey('an environment'), stage)
    .exactOptional()
    .describe('The environments in the order that releases go through them.'),
});

export type BrineFile = z.output<typeof brineSchema>;
export type TestFile = z.output<typeof test>;
export type StageFile = z.output<typeof stage>;
