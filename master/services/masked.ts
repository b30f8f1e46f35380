// What of env entries and of arguments may leave the master. Plain values stand in git and are told by
// a plan; what looks like a secret all the same, by its name or its value, is never shown, only that it
// changes.

import type { Difference } from '../../states/differences.ts';
import type { ContainerSpec, Healthcheck } from '../../states/model.ts';
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
  const { command, entrypoint, drain } = spec;
  return {
    ...{ ...spec, env: Object.fromEntries(env) as Record<string, string> },
    ...(configs && { configs }),
    ...(command && { command: maskedArguments(command) }),
    ...(entrypoint && { entrypoint: maskedArguments(entrypoint) }),
    healthcheck: maskedCheck(spec.healthcheck),
    ...(drain && { drain: { ...drain, probe: maskedCheck(drain.probe) } }),
  };
}

const maskedCheck = <C extends Healthcheck>(check: C): C =>
  check.kind === 'exec' ? { ...check, command: maskedArguments(check.command) } : check;

export function maskedDifference({ what, from, to }: Difference): Difference {
  const name = /^env (.+)$/.exec(what)?.[1];
  const secret = [from, to].some((value) => value !== null && looksSecret(name, value));
  if (!secret) return maskedTexts({ what, from, to });
  const hidden = (value: string | null): string | null => (value === null ? null : mask);
  return { what, from: hidden(from), to: to === null || from === null ? hidden(to) : changed };
}

/** As `--password=…` stands in a command; the rest of it is told. */
function maskedTexts({ what, from, to }: Difference): Difference {
  const [before, after] = [from, to].map((text) => (text === null ? null : maskedText(text)));
  const alike = before === after && typeof after === 'string';
  return { what, from: before ?? null, to: alike ? `${after} (changed)` : (after ?? null) };
}

const changed = `${mask} (changed)`;

/** `--token=…`, `TOKEN=…`, and what follows `--token`; also in a line that a shell is given. */
const maskedArguments = (words: readonly string[]): readonly string[] =>
  words.map((word, index) => {
    const before = words[index - 1] ?? '';
    const follows = /^--?[\w.-]+$/.test(before) && secretName.test(before);
    return follows && !word.startsWith('--') ? mask : maskedWord(word);
  });

function maskedWord(word: string): string {
  const inner = unquoted(word);
  if (inner !== undefined) {
    const shown = maskedWord(inner);
    return shown === inner ? word : JSON.stringify(shown);
  }
  const [, name, value] = /^(-*[\w.-]+)=(.+)$/s.exec(word) ?? [];
  if (name !== undefined && value !== undefined && !/\s/.test(word)) {
    return `${name}=${secretName.test(name) ? mask : maskedWord(value)}`;
  }
  // May be one argument with spaces in it, or a line for a shell: all of it might be the secret.
  if (name !== undefined && secretName.test(name)) return `${name}=${mask}`;
  return secretValue.test(word) ? mask : /\s/.test(word) ? maskedText(word) : word;
}

/** What stands between quotes; undefined for a word without them. */
function unquoted(word: string): string | undefined {
  if (/^'[^']*'$/.test(word)) return word.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(word)) return undefined;
  try {
    return String(JSON.parse(word));
  } catch {
    return word.slice(1, -1);
  }
}

function maskedText(text: string): string {
  const words = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S)+/g;
  const shown = maskedArguments(text.match(words) ?? []);
  let at = 0;
  return text.replace(words, () => shown[at++] ?? mask);
}

/** A word of the name, so that MONKEY and KEYBOARD are none. */
const secretName =
  /(^|[_.-])(PASS|PASSWD|PASSWORD|PWD|SECRETS?|TOKENS?|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|MASTER|LICENSE)?KEY|CREDENTIALS?|AUTH|DSN|SALT)($|[_.-])|APIKEY|PASSWORD|SECRET/i;
/** A password in an address, or the beginning of a private key. */
const secretValue = /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY/;

const looksSecret = (name: string | undefined, value: string): boolean =>
  (name !== undefined && secretName.test(name)) || secretValue.test(value);
