// The pipeline as brine.yaml says it, as the values that the reducer decides by.

import { defaults } from '../../states/defaults.ts';
import type { Stage, States } from '../../states/states.ts';
import { testOutline } from '../../states/tests.ts';
import type { EnvironmentName } from '../../states/ids.ts';
import type { PipelineDefinition, StageDefinition, Windows } from './definition.ts';

/** Of a project without a pipeline nothing is defined: images go nowhere by themselves there. */
export function pipelineOf(states: States): PipelineDefinition {
  if (states.pipeline.size === 0) return { stages: [], images: [], together: [] };
  return {
    stages: [...states.pipeline].map(([environment, stage]) => stageOf(states, environment, stage)),
    images: [...states.images.keys()],
    together: states.together.map((group) => [...group]),
  };
}

function stageOf(states: States, environment: EnvironmentName, stage: Stage): StageDefinition {
  const { after, soak = 0, verify = [], approval = defaults.stage.approval } = stage;
  return {
    ...{ environment, after: [...after], soakMs: soak, approval },
    verify: verify.map((test) => ({ test, timeoutMs: testOutline(states, test).timeoutMs })),
    windows: windowsOf(stage),
    onFailure: stage.on_failure ?? defaults.stage.on_failure,
  };
}

function windowsOf({ windows }: Stage): Windows | null {
  if (windows === undefined) return null;
  const { zone = defaults.stage.zone, allow = [], deny = [] } = windows;
  const copied = (spans: typeof allow): Windows['allow'] =>
    spans.map(({ days, from, to }) => ({ days: [...days], from, to }));
  return { zone, allow: copied(allow), deny: copied(deny) };
}
