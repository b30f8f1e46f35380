// Which tag of a repository an image should follow, as `track` in brine.yaml says. Pure: whoever asks
// has the list of tags, and the time at which each candidate was made where that decides.

import semver from 'semver';

export type Track =
  /** The highest version in the range. */
  | { readonly semver: string }
  /** The one made last among those that match. */
  | { readonly newest: string }
  /** Whatever this one tag names at the moment. */
  | { readonly digest: string };

/** Tags that may be the one, best first where that is known already. */
export function candidates(track: Track, tags: readonly string[]): readonly string[] {
  if ('digest' in track) return tags.filter((tag) => tag === track.digest);
  if ('newest' in track) {
    const pattern = new RegExp(track.newest);
    return tags.filter((tag) => pattern.test(tag));
  }
  return tags
    .flatMap((tag) => {
      const version = semver.parse(tag);
      return version !== null && semver.satisfies(version, track.semver) ? [{ tag, version }] : [];
    })
    .sort((one, two) => semver.rcompare(one.version, two.version) || order(one.tag, two.tag))
    .map(({ tag }) => tag);
}

/** Whether the order of candidates is by time, which the tags alone do not tell. */
export const needsTimes = (track: Track): boolean => 'newest' in track;

interface Dated {
  readonly tag: string;
  readonly createdAt: number;
}

/** The one made last; of several at once the last by name, so that the answer is always the same. */
export function newestOf(dated: readonly Dated[]): string | undefined {
  const [first] = [...dated].sort(
    (one, two) => two.createdAt - one.createdAt || order(two.tag, one.tag),
  );
  return first?.tag;
}

const order = (one: string, two: string): number => (one < two ? -1 : one > two ? 1 : 0);
