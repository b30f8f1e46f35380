// What may be done by hand in a stage of the pipeline: bring its own release to the states again, and
// nothing that would let another one in past the gates.

import { fault } from '../../states/faults.ts';
import { liveStage } from '../pipeline/change.ts';
import { explain } from '../pipeline/explain.ts';
import type { Pipeline } from '../pipeline/record.ts';
import type { Change } from './targets.ts';

/** Throws PROMOTION_REFUSED where the versions file says another release than the stage is to run. */
export function refuseUnpromoted(
  pipeline: Pipeline,
  environment: string,
  { release, removes }: Pick<Change, 'release' | 'removes'>,
): void {
  // It is no longer in the states, and so in no pipeline that they describe.
  if (removes) return;
  const stage = liveStage(pipeline, environment)?.stage;
  if (stage === undefined) return;
  if (stage.active === null && stage.current?.release === release) return;
  const runs = stage.current === null ? 'nothing yet' : `release ${stage.current.release}`;
  const { reason } = explain(pipeline, environment, 0);
  throw fault(
    'PROMOTION_REFUSED',
    `${environment} is a stage of the pipeline and is to run ${runs}, not ${release}: ${reason}`,
  );
}

export function refuseStage(pipeline: Pipeline, environment: string): void {
  if (liveStage(pipeline, environment) === undefined) return;
  const path = `/v1/environments/${environment}/rollback`;
  throw fault(
    'PROMOTION_REFUSED',
    `${environment} is a stage of the pipeline, which goes back by itself or by ${path}`,
  );
}
