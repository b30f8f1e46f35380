// Puts the pipeline together: its records, the hands that carry out what they want, and the watch on
// the states.

import type { RunningFleet } from '../fleet/server.ts';
import type { HostBook } from '../hosts.ts';
import type { MasterConfig } from '../config.ts';
import { resolveDigest } from '../registry.ts';
import type { RolloutDriver } from '../rollout/driver.ts';
import { settling } from '../services/settling.ts';
import type { StatesReader } from '../services/states.ts';
import type { Source } from '../source/source.ts';
import type { EventLog } from '../eventlog.ts';
import { Verifier } from '../verify/verifier.ts';
import { PipelineDriver, type PipelineOptions } from './driver.ts';
import { resume } from './effects.ts';
import { PipelineHands } from './hands.ts';
import { PipelineRollouts } from './rollouts.ts';
import { StatesWatcher } from './watcher.ts';

export interface OpenOptions extends PipelineOptions {
  readonly eventlog: EventLog;
  readonly config: { readonly states: Pick<MasterConfig['states'], 'pollMs'> };
  readonly fleet: Pick<RunningFleet, 'connected' | 'call'>;
  readonly driver: RolloutDriver;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  readonly source: Source;
}

export interface OpenPipeline {
  readonly pipeline: PipelineDriver;
  /** Reads the states anew; throws what that throws. */
  readonly look: () => Promise<void>;
  /** Begins to look at the states from time to time; `then` is done after each look. */
  watch(then: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Goes on where the pipeline stood. */
export async function openPipeline(options: OpenOptions): Promise<OpenPipeline> {
  const { config, driver, log } = options;
  const pipeline = await PipelineDriver.open(options);
  const shared = { ...options, pipeline };
  const { pollMs } = config.states;
  const watcher = new StatesWatcher({ ...shared, digestOf: resolveDigest, pollMs });
  const look = (): Promise<void> => watcher.look();
  const connected = () => options.fleet.connected();
  const settled = settling({ ...options, connected });
  const rollouts = new PipelineRollouts({ ...options, settled });
  const verifier = new Verifier(options);
  const hands = new PipelineHands({ ...shared, rollouts, driver, verifier, look, log });
  const due = resume(pipeline.pipeline).flatMap((effect) => ('key' in effect ? [effect.key] : []));
  await hands.tidy(new Set(due));
  await pipeline.start(hands);
  return {
    pipeline,
    look,
    watch: (then) => {
      watcher.start(then);
    },
    close: async () => {
      await watcher.close();
      await pipeline.close();
    },
  };
}
