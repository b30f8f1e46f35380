// The id of a release: a hash of the digests, so that the same bytes are the same release.

import { createHash } from 'node:crypto';
import { parseReleaseId, type ReleaseId } from './ids.ts';
import type { PinnedImage } from './model.ts';

/** The first 8 hexadecimal digits of SHA-256 over the sorted lines `name=digest`. */
export function releaseId(images: readonly Pick<PinnedImage, 'name' | 'digest'>[]): ReleaseId {
  const lines = images.map(({ name, digest }) => `${name}=${digest}`).sort();
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
  const id = parseReleaseId(hash.slice(0, 8));
  if (id === undefined) throw new Error('a hash without hexadecimal digits');
  return id;
}
