// A test as it crosses the wire: what is asked of a host, and what came of it.

import { z } from 'zod';
import { faults, type FaultCode } from '../states/faults.ts';
import type { TestRequest } from '../states/test-request.ts';
import { limits } from './limits.ts';
import { containerSpec, serviceName } from './state-schema.ts';

const text = z.string().max(8_192);
const count = z.number().int().min(0);
const source = z.string().max(4_096);
const flags = z.string().regex(/^[imsu]{0,4}$/);

const pattern = z.strictObject({ pattern: source, flags });
const match = z.union([z.strictObject({ contains: z.string().max(65_536) }), pattern]);
const jsonMatch = z.union([
  z.strictObject({ equals: z.union([z.string().max(65_536), z.number(), z.boolean()]) }),
  pattern,
]);

export const testRequest: z.ZodType<TestRequest> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    url: text,
    expect: z.strictObject({
      status: z.number().int().min(100).max(599),
      headers: z.record(z.string().max(100), match),
      json: z.record(z.string().max(200), jsonMatch),
      body: match.exactOptional(),
    }),
    intervalMs: z.number().int().min(10),
  }),
  z.strictObject({
    kind: z.literal('container'),
    spec: containerSpec,
    junit: z.string().startsWith('/').max(1_001).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('exec'),
    service: serviceName,
    command: z.array(z.string().max(65_536)).min(1).max(1_000),
  }),
]);

/** The beginning and the end, as lines; between them so many lines and characters were left out. */
export const keptOutput = z.strictObject({
  head: z.string().max(limits.outputHeadCharsMax + 1),
  tail: z.string().max(limits.outputTailCharsMax + 1),
  omittedLines: count,
  omittedChars: count,
});
export type KeptOutput = z.infer<typeof keptOutput>;

/**
 * `failed`: it was answered, and wrongly to the end. `errored`: it could not be made. `inconclusive`:
 * it was made, and says neither.
 */
export const verdict = z.enum(['passed', 'failed', 'errored', 'inconclusive']);
export type Verdict = z.infer<typeof verdict>;

/** The answer to `test`. */
export const tested = z.strictObject({
  verdict,
  detail: text,
  durationMs: z.number().min(0),
  exitCode: z.number().int().nullable(),
  counts: z.strictObject({ tests: count, failures: count, skipped: count }).nullable(),
  output: keptOutput,
  /** Why it could not be made. */
  code: z.enum(Object.keys(faults) as [FaultCode, ...FaultCode[]]).exactOptional(),
});
export type Tested = z.infer<typeof tested>;
