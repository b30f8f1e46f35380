// Files of the repository for a service: config files that are put into its container, and env files.

import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { containerPath } from './container-kinds.ts';
import { fixed, flag, text } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import { keyed, list, map } from './shape.ts';

export function fileOptions(reading: Reading) {
  const value = leaf(reading);
  return {
    configs: keyed(
      configTarget,
      map('a config', {
        file: value(repositoryFile, { about: 'The file in the repository, below files/.' }),
        template: value(flag, {
          about: 'Whether `${…}` in it is resolved.',
          default: false,
        }).exactOptional(),
        mode: value(mode, {
          about: 'Its permissions, in octal.',
          default: defaults.config.mode,
        }).exactOptional(),
        owner: value(owner, {
          about: 'Its user and group, as numbers.',
          default: defaults.config.owner,
        }).exactOptional(),
      }),
    )
      .exactOptional()
      .describe(
        'Files of the repository that are in the container before it starts, by their path there.',
      ),
    env_file: list(
      value(repositoryFile, { about: 'A file of NAME=value lines in the repository.' }),
      { max: bounds.envFilesMax },
    )
      .exactOptional()
      .describe('Environment variables from files; a later file, and `env`, is stronger.'),
  };
}

const fileHint = 'write its path like files/app.conf';

const repositoryFile = fixed(
  text('a file of the repository', { pattern: '^files/' }, (raw) =>
    /^files\/[^\0]{1,255}$/.test(raw) && !raw.split('/').includes('..')
      ? right(raw)
      : wrong(`${quoted(raw)} is not a file below files/`, fileHint),
  ),
);

const mode = fixed(
  text('permissions like "0440"', { pattern: '^[0-7]{3,4}$' }, (raw) =>
    /^[0-7]{3,4}$/.test(raw)
      ? right(Number.parseInt(raw, 8))
      : wrong(`${quoted(raw)} are no permissions`, 'write them in octal, in quotes: "0440"'),
  ),
);

const owner = fixed(
  text('an owner like "1000:1000"', { pattern: '^\\d{1,9}(:\\d{1,9})?$' }, (raw) => {
    const [, user, group = user] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(raw) ?? [];
    const fits = [user, group].every((id) => Number(id) <= bounds.ownerMax);
    return user === undefined || !fits
      ? wrong(`${quoted(raw)} is not an owner`, 'write numbers, in quotes: "1000:1000"')
      : right({ user: Number(user), group: Number(group) });
  }),
);

const configTarget = {
  pattern: '^/',
  check: (raw: string) => {
    const path = containerPath.parse(raw);
    if (path?.ok !== true)
      return wrong(`${quoted(raw)} is not a path in the container`, 'begin it with /');
    if (path.value === '/' || path.value !== raw)
      return wrong(`${quoted(raw)} is not the path of a file`);
    return Buffer.byteLength(raw) > bounds.configPathCharsMax
      ? wrong(`${quoted(raw)} is too long`, `at most ${bounds.configPathCharsMax} bytes`)
      : right(raw);
  },
};
