// A job of a service: what it does, how often and where. Whatever it does not say is the service's.

import type { z } from 'zod';
import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { quoted, wrong } from '../parsed.ts';
import { formatDuration } from '../units.ts';
import * as kinds from './kinds.ts';
import { anyText, fixed, oneOf, type Kind } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import * as names from './names.ts';
import { keyed, list, map } from './shape.ts';

export function jobSchema(reading: Reading) {
  const value = leaf(reading);
  const word = anyText(bounds.wordCharsMax);
  return map('a job', {
    command: list(value(word), { min: 1 })
      .exactOptional()
      .describe("Words of the command; the service's own where absent."),
    entrypoint: list(value(word), { min: 1 })
      .exactOptional()
      .describe("Words of the entrypoint; the service's own where absent."),
    env: keyed(names.envName, value(anyText(bounds.textCharsMax)))
      .exactOptional()
      .describe('Environment variables, beside those of the service and instead of them.'),
    user: value(kinds.user, {
      about: "User and group; the service's own where absent.",
    }).exactOptional(),
    once: value(fixed(oneOf('per-release', 'per-apply')), {
      about: 'How often it runs: not again where it ended well for this release, or each time.',
      default: defaults.job.once,
    }).exactOptional(),
    on: value(fixed(oneOf('one-host', 'each-host')), {
      about: 'Where it runs, of the hosts that run the service.',
      default: defaults.job.on,
    }).exactOptional(),
    timeout: value(timeout, {
      about: 'Time that it is given to end with exit code 0.',
      default: defaults.job.timeout,
    }).exactOptional(),
  });
}

const timeout: Kind<number> = {
  ...kinds.duration(1),
  parse: (raw) => {
    const parsed = kinds.duration(1).parse(raw);
    return parsed?.ok === true && parsed.value > bounds.jobMsMax
      ? wrong(`${quoted(String(raw))} is too long`, `at most ${formatDuration(bounds.jobMsMax)}`)
      : parsed;
  },
};

export type Job = z.output<ReturnType<typeof jobSchema>>;
