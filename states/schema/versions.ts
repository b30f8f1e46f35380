// versions/<environment>.yaml: which version of each image runs there. The master writes it; people may.

import type { z } from 'zod';
import { nameKey } from './brine.ts';
import * as names from './names.ts';
import { leaf } from './leaf.ts';
import { keyed, map } from './shape.ts';

const value = leaf('literal');

const version = map('a version', {
  tag: value(names.tag, { about: "The tag in the image's repository, in quotes." }),
  digest: value(names.digest, {
    about: 'Which bytes the tag means; asked of the registry where absent.',
  }).exactOptional(),
  commit: value(names.commit, { about: 'The commit it was built from.' }).exactOptional(),
});

export const versionsSchema = map('versions', {
  release: value(names.release, {
    about: 'Written by the master: the hash of the digests.',
  }).exactOptional(),
  images: keyed(nameKey('an image'), version).describe('A version of each image, by name.'),
});

export type VersionsFile = z.output<typeof versionsSchema>;
