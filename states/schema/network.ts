// The networks that a service is in, and by which names others find it there.

import { bounds } from '../bounds.ts';
import { isName } from '../ids.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { fixed, text } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import { namePattern } from './names.ts';
import { keyed, list, map } from './shape.ts';

export const networkOptions = (reading: Reading) => ({
  networks: keyed(
    networkKey,
    map('a network', {
      aliases: list(leaf(reading)(alias), { max: bounds.aliasesMax })
        .exactOptional()
        .describe("Names that it has there, beside the service's own."),
    }),
  )
    .exactOptional()
    .describe("Networks of the environment that it is in, instead of the environment's own."),
});

const networkKey = {
  pattern: namePattern,
  check: (raw: string) =>
    isName(raw)
      ? right(raw)
      : wrong(
          `${quoted(raw)} is not the name of a network`,
          '1 to 40 of a-z, 0-9 and -, with - only in between',
        ),
};

const aliasPattern = '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$';

const alias = fixed(
  text('a name like db', { pattern: aliasPattern }, (raw) =>
    new RegExp(aliasPattern).test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not a name in a network`, 'up to 63 of a-z, 0-9, . and -'),
  ),
);
