// How long a release has stayed in a stage since it was verified there. Only an unbroken stay counts;
// the longest one is kept when the release leaves.

import type { EnvironmentName } from '../../states/ids.ts';
import { stageOf, withStage } from './change.ts';
import type { Pipeline, Verified } from './record.ts';

export const soakedMs = ({ since, soakedMs }: Verified, now: number): number =>
  Math.max(soakedMs, since === null ? 0 : now - since);

/** Whatever has its stay here ends it: another release is wanted. */
export const leave = (pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline =>
  change(pipeline, environment, (entry) =>
    entry.since === null ? entry : { ...entry, since: null, soakedMs: soakedMs(entry, now) },
  );

/** The release is back: its stay begins anew. */
export const stay = (
  pipeline: Pipeline,
  environment: EnvironmentName,
  release: string,
  now: number,
): Pipeline =>
  change(pipeline, environment, (entry) =>
    entry.release === release && entry.since === null ? { ...entry, since: now } : entry,
  );

function change(
  pipeline: Pipeline,
  environment: EnvironmentName,
  each: (entry: Verified) => Verified,
): Pipeline {
  const before = stageOf(pipeline, environment)?.verified ?? [];
  const verified = before.map(each);
  const same = verified.every((entry, index) => entry === before[index]);
  return same ? pipeline : withStage(pipeline, environment, { verified });
}
