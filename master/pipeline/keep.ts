// What the pipeline carries with it from event to event: everything that can still matter. The rest
// stays in the store, for people to read.

import { promotionOf } from './change.ts';
import { pipelineLimits } from './limits.ts';
import { isFinal, type Pipeline } from './record.ts';

/** Without promotions that are over, but for the last of each stage, and without old releases. */
export function kept(pipeline: Pipeline): Pipeline {
  const last = new Set(Object.values(pipeline.stages).map((stage) => stage.last));
  const all = Object.values(pipeline.promotions);
  const promotions = all.filter(({ id, phase }) => !isFinal(phase) || last.has(id));
  const lean =
    promotions.length === all.length
      ? pipeline
      : { ...pipeline, promotions: Object.fromEntries(promotions.map((each) => [each.id, each])) };
  return withoutOldReleases(lean);
}

/** Some are let in before any is let go, so that this is not done at every event. */
const slack = 50;

function withoutOldReleases(pipeline: Pipeline): Pipeline {
  const releases = Object.values(pipeline.releases);
  const { releasesKept } = pipelineLimits;
  if (releases.length <= releasesKept + slack) return pipeline;
  const needed = referenced(pipeline);
  const newest = releases.sort((a, b) => b.order - a.order);
  const left = newest.filter(({ id }, index) => index < releasesKept || needed.has(id));
  if (left.length === newest.length) return pipeline;
  return { ...pipeline, releases: Object.fromEntries(left.map((each) => [each.id, each])) };
}

/** Releases that a stage or a promotion speaks of, so that they can be entered or gone back to. */
export function referenced(pipeline: Pipeline): ReadonlySet<string> {
  const ids = new Set<string | null | undefined>();
  for (const stage of Object.values(pipeline.stages)) {
    ids.add(stage.current?.release).add(stage.file?.release).add(stage.owed?.release);
    for (const { release } of stage.verified) ids.add(release);
    for (const live of [stage.active, stage.waiting, stage.last]) {
      const promotion = promotionOf(pipeline, live);
      ids.add(promotion?.release).add(promotion?.back?.release).add(promotion?.from);
    }
  }
  return new Set([...ids].filter((id) => typeof id === 'string'));
}
