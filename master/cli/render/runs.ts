// What a service runs, in a few words: by its tag where that is known, else by the beginning of its
// digest, as a whole image name would leave no room for anything else.

import type { Running } from '../../../protocol/messages.ts';
import { harmless } from './text.ts';

/** Where it is not `known` any more, the health is what it last was. */
export function runsWords({ service, tag, image, health }: Running, known = true): string {
  const [, digest] = /sha256:([0-9a-f]{12})/.exec(image) ?? [];
  const version = tag ?? (digest === undefined ? image : `@${digest}`);
  return harmless(`${service} ${version} ${known ? health : `was ${health}`}`);
}
