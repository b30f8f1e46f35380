// brine.yaml: the project, where its images are, and how releases are tested on their way.

import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { isName } from '../ids.ts';
import { quoted, right, wrong } from '../parsed.ts';
import * as kinds from './kinds.ts';
import { flag, oneOf } from './kind.ts';
import * as names from './names.ts';
import { leaf } from './leaf.ts';
import { keyed, list, map, type Key } from './shape.ts';
import { makeTestSchema } from './test.ts';

const value = leaf('literal');

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

const test = makeTestSchema('written');

const windows = map('`windows`', {
  zone: value(kinds.zone, {
    about: 'Whose clock is meant.',
    default: defaults.stage.zone,
  }).exactOptional(),
  allow: list(value(kinds.weekSpan), { min: 1 })
    .exactOptional()
    .describe('When releases may enter; at any time where nothing is said.'),
  deny: list(value(kinds.weekSpan), { min: 1 })
    .exactOptional()
    .describe('When none may enter, whatever `allow` says.'),
});

const stage = map('a stage', {
  after: z
    .union([value(names.environmentName), list(value(names.environmentName), { min: 1 })])
    .exactOptional()
    .describe('Stages that a release must have passed before.'),
  verify: list(value(names.testName)).exactOptional().describe('Tests that must pass here.'),
  soak: value(kinds.duration(0), {
    about: 'Time that a release must have stayed in the stages before since it passed there.',
    default: defaults.stage.soak,
  }).exactOptional(),
  approval: value(oneOf('none', 'manual'), {
    about: 'Whether a person must agree before a release enters.',
    default: defaults.stage.approval,
  }).exactOptional(),
  windows: windows.exactOptional().describe('Parts of the week in which a release may enter.'),
  on_failure: value(oneOf('rollback', 'pause'), {
    about: 'What follows when a release fails here: `pause` leaves it as it is for a person.',
    default: defaults.stage.on_failure,
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
  together: list(list(value(names.imageName), { min: 2 }))
    .exactOptional()
    .describe('Groups of images that make a release only when all of a group have arrived.'),
  tests: keyed(nameKey('a test'), test).exactOptional().describe('Tests, by name.'),
  pipeline: keyed(nameKey('an environment'), stage)
    .exactOptional()
    .describe('The environments in the order that releases go through them.'),
});

export type BrineFile = z.output<typeof brineSchema>;
export type { TestFile } from './test.ts';
export type StageFile = z.output<typeof stage>;
