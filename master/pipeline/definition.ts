// What the states say of the pipeline, as values: which stages there are and in what order, what each
// of them tests, and when it lets a release in. Written by people in brine.yaml.

import { z } from 'zod';
import { environmentName } from '../../protocol/state-schema.ts';

const ms = z.number().int().min(0).max(31_536_000_000);
const minuteOfDay = z.number().int().min(0).max(1_440);
const name = z.string().min(1).max(128);

/**
 * Part of a week by the wall clock of the zone: on these days (0 is Sunday) from one minute of the day
 * to before another. One that ends no later than it begins goes on into the next day.
 */
export const span = z.strictObject({
  days: z.array(z.number().int().min(0).max(6)).min(1).max(7),
  from: minuteOfDay,
  to: minuteOfDay,
});

/** Open in any of `allow` (always, when there is none) that no `deny` covers. */
export const windows = z.strictObject({
  /** An IANA name, as `Europe/Berlin`; whoever reads the states has made sure that it exists. */
  zone: name,
  allow: z.array(span).max(100),
  deny: z.array(span).max(100),
});

export const stageDefinition = z.strictObject({
  environment: environmentName,
  /** The stages in which a release must have been verified before; none for the first. */
  after: z.array(environmentName).max(50),
  /** How long it must have stayed in each of those without a break since it was verified there. */
  soakMs: ms,
  verify: z.array(z.strictObject({ test: name, timeoutMs: ms })).max(100),
  approval: z.enum(['none', 'manual']),
  windows: windows.nullable(),
  /** `pause`: what failed is left as it is for a person to look at, and the stage stops. */
  onFailure: z.enum(['rollback', 'pause']),
});

export const pipelineDefinition = z.strictObject({
  stages: z.array(stageDefinition).max(100),
  /** Names of the images of which a release consists. */
  images: z.array(name).max(500),
  /** Images that make one release only when all of a group have arrived. */
  together: z.array(z.array(name)).max(100),
});

export type Span = z.infer<typeof span>;
export type Windows = z.infer<typeof windows>;
export type StageDefinition = z.infer<typeof stageDefinition>;
export type PipelineDefinition = z.infer<typeof pipelineDefinition>;
