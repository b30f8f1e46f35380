// What of an env entry may leave the master. Plain values stand in git and are told by a plan; what
// looks like a secret all the same, by its name or its value, is never shown, only that it changes.

import type { Difference } from '../../states/differences.ts';
import type { ContainerSpec } from '../../states/model.ts';
import type { Step } from '../../states/step.ts';

const mask = '••••';

/** The specs of steps hold no values at all: what changes in them is told by itself. */
export function maskedStep(step: Step): Step {
  if (step.do === 'run-job') {
    return { ...step, job: { ...step.job, spec: maskedSpec(step.job.spec) } };
  }
  return 'spec' in step ? { ...step, spec: maskedSpec(step.spec) } : step;
}

function maskedSpec(spec: ContainerSpec): ContainerSpec {
  const env = Object.keys(spec.env).map((name) => [name, mask]);
  const configs = spec.configs?.map((config) => ({ ...config, content: '' }));
  return {
    ...{ ...spec, env: Object.fromEntries(env) as Record<string, string> },
    ...(configs && { configs }),
  };
}

export function maskedDifference({ what, from, to }: Difference): Difference {
  const name = /^env (.+)$/.exec(what)?.[1];
  const secret = [from, to].some((value) => value !== null && looksSecret(name, value));
  if (!secret) return { what, from, to };
  const hidden = (value: string | null): string | null => (value === null ? null : mask);
  return { what, from: hidden(from), to: to === null || from === null ? hidden(to) : changed };
}

const changed = `${mask} (changed)`;

/** A word of the name, so that MONKEY and KEYBOARD are none. */
const secretName =
  /(^|[_.-])(PASS|PASSWD|PASSWORD|PWD|SECRETS?|TOKENS?|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|MASTER|LICENSE)?KEY|CREDENTIALS?|AUTH|DSN|SALT)($|[_.-])|APIKEY|PASSWORD|SECRET/i;
/** A password in an address, or the beginning of a private key. */
const secretValue = /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY/;

const looksSecret = (name: string | undefined, value: string): boolean =>
  (name !== undefined && secretName.test(name)) || secretValue.test(value);
