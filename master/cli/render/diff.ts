// The versions of two environments side by side.

import type { Page } from './plan.ts';
import { table } from './table.ts';
import { cut, harmless, plural } from './text.ts';

export interface Side {
  readonly environment: string;
  readonly release: string | null;
  readonly images: readonly {
    readonly name: string;
    readonly tag: string;
    readonly digest: string;
    readonly commit?: string | null;
  }[];
}

export function diffText([a, b]: readonly [Side, Side], page: Page): string {
  const { style, width } = page;
  const names = [...new Set([...a.images, ...b.images].map(({ name }) => name))].sort();
  const rows = names.map((name) => {
    const equal = imageOf(a, name)?.digest === imageOf(b, name)?.digest;
    const sign = equal ? { text: '=', paint: style.dim } : { text: '≠', paint: style.warn };
    return { equal, cells: [sign, harmless(name), versionOf(a, name), versionOf(b, name)] };
  });
  const title = ({ environment, release }: Side): string =>
    harmless(`${environment.toUpperCase()} ${release ?? ''}`).trim();
  const head = ['', 'IMAGE', title(a), title(b)];
  const differ = rows.filter(({ equal }) => !equal).length;
  const both = `${harmless(a.environment)} and ${harmless(b.environment)}`;
  const said =
    differ === 0
      ? `${both} run the same.`
      : `${plural(names.length, 'image')}, ${differ} not the same.`;
  return [
    ...table({ head, rows: rows.map(({ cells }) => cells) }, width, style),
    '',
    cut(said, width),
  ].join('\n');
}

const imageOf = ({ images }: Side, name: string): Side['images'][number] | undefined =>
  images.find((image) => image.name === name);

/** `1.42.0 3e1f0ab sha256:2b1c9f002b1c`: a tag alone does not say that two are the same. */
function versionOf(side: Side, name: string): string {
  const image = imageOf(side, name);
  if (image === undefined) return 'none';
  const parts = [image.tag, image.commit?.slice(0, 7), image.digest.slice(0, 19)];
  return harmless(parts.filter((part) => part !== undefined).join(' '));
}
