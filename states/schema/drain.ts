// How to see that an old container has nothing left to do before it is stopped.

import { defaults } from '../defaults.ts';
import { bounds } from '../bounds.ts';
import { quoted, wrong } from '../parsed.ts';
import { formatDuration } from '../units.ts';
import * as kinds from './kinds.ts';
import { anyText, type Kind } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import { list, map } from './shape.ts';

export function drainSchema(reading: Reading) {
  const value = leaf(reading);
  return map('`drain`', {
    exec: list(value(anyText(bounds.wordCharsMax)), { min: 1 })
      .exactOptional()
      .describe('Runs this in the old container; exit code 0 says that it may be stopped.'),
    http: value(kinds.httpPath, {
      about: 'Asks the old container for this path; 200 to 399 says that it may be stopped.',
    }).exactOptional(),
    port: value(kinds.containerPort, {
      about: 'Port of the container for http; the first that is published where absent.',
    }).exactOptional(),
    interval: value(kinds.duration(10), {
      about: 'Time between two questions.',
      default: defaults.drain.interval,
    }).exactOptional(),
    timeout: value(timeout, {
      about: 'It is stopped after this time whatever it says.',
      default: defaults.drain.timeout,
    }).exactOptional(),
  });
}

const timeout: Kind<number> = {
  ...kinds.duration(1),
  parse: (raw) => {
    const parsed = kinds.duration(1).parse(raw);
    return parsed?.ok === true && parsed.value > bounds.drainMsMax
      ? wrong(`${quoted(String(raw))} is too long`, `at most ${formatDuration(bounds.drainMsMax)}`)
      : parsed;
  },
};
