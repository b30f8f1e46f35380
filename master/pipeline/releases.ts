// How a release comes into being: images that arrive are laid over the newest release that has not
// failed, and the same digests are always the same release.

import { createHash } from 'node:crypto';
import { parseReleaseId, type ReleaseId } from '../../states/ids.ts';
import type { PinnedImage } from '../../states/model.ts';
import { isQuarantined, releaseOf } from './change.ts';
import type { EventOf, ReleaseDraft } from './events.ts';
import type { Origin, Pipeline, Release } from './record.ts';

/** SHA-256 over the sorted lines `name=digest`, in hex: equal for the same bytes and for no others. */
export function digestSet(images: readonly Pick<PinnedImage, 'name' | 'digest'>[]): string {
  const lines = images.map(({ name, digest }) => `${name}=${digest}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The release of these images, made if there was none; undefined where another one has its id. */
export function registered(
  pipeline: Pipeline,
  { images, origin }: ReleaseDraft,
  now: number,
): { readonly pipeline: Pipeline; readonly release: Release } | undefined {
  const set = digestSet(images);
  const id = releaseIdOf(set);
  const known = releaseOf(pipeline, id);
  if (known !== undefined) return known.set === set ? { pipeline, release: known } : undefined;
  const order = pipeline.next.release;
  const release: Release = { id, set, order, createdAt: now, images: sorted(images), origin };
  return {
    release,
    pipeline: {
      ...pipeline,
      releases: { ...pipeline.releases, [id]: release },
      next: { ...pipeline.next, release: order + 1 },
    },
  };
}

export type Composition =
  | { readonly images: readonly PinnedImage[]; readonly used: readonly string[] }
  /** Names of the images that must arrive first, and of those that wait for them. */
  | { readonly waitsFor: readonly string[]; readonly waiting: readonly string[] };

/**
 * What has arrived, laid over the newest release that has failed nowhere. A `together` group counts
 * once all of it has arrived; images named in `alone` count by themselves.
 */
export function composeRelease(
  pipeline: Pipeline,
  alone: ReadonlySet<string> = new Set(),
): Composition {
  const { arrivals, definition } = pipeline;
  const missing = new Set<string>();
  const ready = new Map<string, PinnedImage>();
  for (const [name, { image }] of Object.entries(arrivals)) {
    if (!definition.images.includes(name)) continue;
    const lacking = alone.has(name) ? [] : partnersMissing(pipeline, name);
    for (const partner of lacking) missing.add(partner);
    if (lacking.length === 0) ready.set(name, image);
  }
  const base = new Map(baseRelease(pipeline)?.images.map((image) => [image.name, image]));
  const images: PinnedImage[] = [];
  for (const name of definition.images) {
    const image = ready.get(name) ?? base.get(name);
    if (image === undefined) missing.add(name);
    else images.push(image);
  }
  if (ready.size > 0 && images.length === definition.images.length) {
    return { images, used: [...ready.keys()] };
  }
  return { waitsFor: [...missing].sort(), waiting: Object.keys(arrivals).sort() };
}

/** The newest release that failed in no stage; where all have failed, the newest. */
export function baseRelease(pipeline: Pipeline): Release | undefined {
  const stages = Object.values(pipeline.stages);
  const newest = Object.values(pipeline.releases).sort((a, b) => b.order - a.order);
  return newest.find(({ id }) => !stages.some((stage) => isQuarantined(stage, id))) ?? newest.at(0);
}

export function arrive(pipeline: Pipeline, event: EventOf<'images'>, now: number): Pipeline {
  const { definition } = pipeline;
  const known = event.images.filter(({ name }) => definition.images.includes(name));
  if (known.length === 0) return pipeline;
  const arrivals = { ...pipeline.arrivals };
  for (const image of known) arrivals[image.name] = { image, at: now, origin: event.origin };
  const arrived: Pipeline = { ...pipeline, arrivals };
  const alone = new Set(event.alone ? known.map(({ name }) => name) : []);
  const composed = composeRelease(arrived, alone);
  if ('waitsFor' in composed) return arrived;
  const made = announced(arrived, { images: composed.images, origin: event.origin }, now);
  return withoutArrivals(made, composed.used);
}

/** Whether it came to go through the pipeline, or only to be where somebody put it. */
export const isAnnounced = ({ kind }: Origin): boolean => kind !== 'edit' && kind !== 'adoption';

function announced(pipeline: Pipeline, draft: ReleaseDraft, now: number): Pipeline {
  const made = registered(pipeline, draft, now);
  if (made === undefined || isAnnounced(made.release.origin)) return made?.pipeline ?? pipeline;
  const release = { ...made.release, origin: draft.origin };
  return { ...made.pipeline, releases: { ...made.pipeline.releases, [release.id]: release } };
}

export function withoutArrivals(pipeline: Pipeline, names: readonly string[]): Pipeline {
  const left = Object.entries(pipeline.arrivals).filter(([name]) => !names.includes(name));
  return { ...pipeline, arrivals: Object.fromEntries(left) };
}

export const originOf = (kind: Origin['kind'], actor: string): Origin => ({
  ...{ kind, actor, commit: null, url: null, message: null },
});

const partnersMissing = ({ definition, arrivals }: Pipeline, name: string): string[] =>
  definition.together
    .filter((group) => group.includes(name))
    .flat()
    .filter((partner) => definition.images.includes(partner) && !Object.hasOwn(arrivals, partner));

function releaseIdOf(set: string): ReleaseId {
  const id = parseReleaseId(set.slice(0, 8));
  if (id === undefined) throw new Error(`not a digest set: ${set}`);
  return id;
}

const sorted = (images: readonly PinnedImage[]): PinnedImage[] =>
  [...images].sort((a, b) => (a.name < b.name ? -1 : 1));
