// The words that name a release, its commit and its images, the same on every screen.

import type { Style } from './style.ts';
import { cut, harmless, widthOf } from './text.ts';

interface Named {
  readonly environment: string;
  readonly release: string | null;
  readonly commit: string | null;
  readonly subject: string | null;
  /** None, of a release: there is nothing that it would run. */
  readonly images?: readonly unknown[];
}

/** `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size`, cut to the width. */
export function heading(named: Named, width: number, style: Style): string {
  const name = harmless(named.environment);
  const release = releaseWords(named);
  const commit = commitWords(named);
  const rest = cut(
    ` · ${release}${commit === '' ? '' : ` · ${commit}`}`,
    Math.max(0, width - widthOf(name)),
  );
  return style.bold(cut(name, width)) + rest;
}

function releaseWords({ release, images }: Named): string {
  if (release === null) return 'no release yet';
  return images?.length === 0 ? 'nothing any more' : `release ${harmless(release)}`;
}

/** `3e1f0ab Raise the pool size`; empty for states that are not in git. */
export const commitWords = (named: Pick<Named, 'commit' | 'subject'>): string =>
  named.commit === null
    ? ''
    : harmless(`${named.commit.slice(0, 7)} ${named.subject ?? ''}`).trimEnd();

/** `api 1.42.0, game main-3e1f0ab`. */
export const imageWords = (
  images: readonly { readonly name: string; readonly tag: string }[],
): string => images.map((image) => harmless(`${image.name} ${image.tag}`)).join(', ');
