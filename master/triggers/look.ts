// Looks at a registry for the version an image should follow now. What was once learnt of a digest is
// kept, as bytes do not change: looking again costs the list of tags and little more.

import { resolveDigest, type RegistryRequest } from '../registry.ts';
import { describeImage, listTags, type ImageDescription } from '../registry/catalog.ts';
import { fault } from '../../states/faults.ts';
import { candidates, needsTimes, newestOf, type Track } from './track.ts';

export interface Found {
  readonly tag: string;
  readonly digest: string;
  readonly description: ImageDescription;
}

interface Look extends RegistryRequest {
  readonly track: Track;
}

const lookLimits = { datedMax: 500, atOnce: 4, keptMax: 5_000 } as const;

export class Lookout {
  /** repository@digest → what it is. */
  readonly #known = new Map<string, ImageDescription>();
  /** repository:tag → digest, for tags that are told apart by time and so never move. */
  readonly #digests = new Map<string, string>();

  /** Undefined where no tag fits. Throws the registry's faults. */
  async look(look: Look): Promise<Found | undefined> {
    const fitting = candidates(look.track, await listTags(look));
    if (!needsTimes(look.track)) {
      const [tag] = fitting;
      return tag === undefined
        ? undefined
        : this.#found(look, tag, await resolveDigest({ ...look, tag }));
    }
    if (fitting.length > lookLimits.datedMax) {
      const message = `${fitting.length} tags of ${look.repository} match, at most ${lookLimits.datedMax} can be compared by time`;
      throw fault('STATE_INVALID', message);
    }
    const found: Found[] = [];
    for (let from = 0; from < fitting.length; from += lookLimits.atOnce) {
      const few = fitting.slice(from, from + lookLimits.atOnce);
      found.push(...(await Promise.all(few.map((tag) => this.#dated(look, tag)))));
    }
    const tag = newestOf(
      found.map((each) => ({ tag: each.tag, createdAt: each.description.createdAt })),
    );
    return found.find((each) => each.tag === tag);
  }

  async #dated(look: Look, tag: string): Promise<Found> {
    const key = `${look.repository}:${tag}`;
    const digest = this.#digests.get(key) ?? (await resolveDigest({ ...look, tag }));
    keep(this.#digests, key, digest);
    return this.#found(look, tag, digest);
  }

  async #found(look: Look, tag: string, digest: string): Promise<Found> {
    const key = `${look.repository}@${digest}`;
    const description = this.#known.get(key) ?? (await describeImage({ ...look, digest }));
    keep(this.#known, key, description);
    return { tag, digest, description };
  }
}

/** The oldest goes first, so that it cannot grow without end. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > lookLimits.keptMax && oldest !== undefined) map.delete(oldest);
}
