// Every message that crosses the link, with its validation. Both ends parse what they receive; what
// does not parse ends the session. Types are inferred from the schemas, so there is one source.
//
// Long because every message stands here.

import { z } from 'zod';
import { faults, type FaultCode } from '../states/faults.ts';
import type { PlanProblem, Step, Switch } from '../states/step.ts';
import { limits } from './limits.ts';
import {
  containerSpec,
  drain,
  environmentName,
  hostState,
  jobSpec,
  pinnedImage,
  releaseId,
  sourcePosition,
} from './state-schema.ts';
import { tested, testRequest } from './test-schema.ts';

const text = z.string().max(8_192);
const name = z.string().max(256);
const count = z.number().int().min(0);
const at = z.number().int();
const logLines = z.array(z.string().max(limits.logLineCharsMax)).max(limits.logLinesMax);

/** Ed25519 in base64. */
const signature = z.string().length(88);

const faultCode = z.enum(Object.keys(faults) as [FaultCode, ...FaultCode[]]);

export const facts = z.record(name, z.union([text, z.number()]));

/** Why one service (or the whole host, without `service`) did not get where it should. */
export const hostFailure = z.strictObject({
  code: faultCode,
  message: text,
  service: name.exactOptional(),
  container: name.exactOptional(),
  /** What the host was doing: `pull`, `create`, `start`, `healthy`, `stop`. */
  phase: name,
  exitCode: z.number().int().exactOptional(),
  oomKilled: z.boolean().exactOptional(),
  restarts: count.exactOptional(),
  /** The last probe's answer, in words. */
  probe: text.exactOptional(),
  logs: logLines.exactOptional(),
  at: sourcePosition.exactOptional(),
});
export type HostFailure = z.infer<typeof hostFailure>;

/** What one (service, slot) of the host runs now. */
export const running = z.strictObject({
  service: name,
  slot: count,
  container: name,
  release: name,
  image: text,
  tag: name.exactOptional(),
  health: z.enum(['healthy', 'unhealthy', 'starting', 'unknown']),
  /** Milliseconds the service did not run during this change; absent where nothing was switched. */
  gapMs: z.number().min(0).exactOptional(),
});
export type Running = z.infer<typeof running>;

export const mode = z.enum(['pull', 'run']);
/** `pull`: fetch what the state needs and touch nothing else. `run`: converge to it and keep it. */
export type Mode = z.infer<typeof mode>;

/**
 * The final word of a host on one generation. `now` says what it runs afterwards: the `new` state,
 * the `old` one (nothing was switched, or it went back), or `down` (neither is healthy).
 */
export const report = z.strictObject({
  environment: environmentName,
  generation: count,
  mode,
  outcome: z.enum(['done', 'failed']),
  now: z.enum(['new', 'old', 'down']),
  /** True where the host went back by itself after a switch. */
  reverted: z.boolean(),
  /** Docker calls that changed something; 0 for a host that was in sync. */
  writes: count,
  failures: z.array(hostFailure).max(50),
  running: z.array(running).max(limits.containersPerStateMax),
  startedAt: at,
  endedAt: at,
});
export type Report = z.infer<typeof report>;

/** Something changed behind the minion's back, and what it did about it. */
export const drift = z.strictObject({
  environment: environmentName,
  generation: count,
  /** Of the state that was being held true. */
  release: releaseId,
  commit: text.nullable(),
  service: name,
  container: name,
  what: text,
  action: z.enum(['repaired', 'repairing', 'failed']),
  failure: hostFailure.exactOptional(),
  at,
});
export type Drift = z.infer<typeof drift>;

/** One step on the way; may be lost. `phase` is a word for the progress line of (host, service). */
export const progress = z.strictObject({
  environment: environmentName,
  generation: count,
  service: name.exactOptional(),
  phase: z.enum([
    'pulling',
    'pulled',
    'running-job',
    'creating',
    'draining',
    'stopping',
    'starting',
    'checking',
    'healthy',
    'removing',
    'reverting',
    'waiting',
  ]),
  detail: text,
  at,
});
export type Progress = z.infer<typeof progress>;

export const desire = z.strictObject({
  type: z.literal('desire'),
  generation: count,
  mode,
  /** Whether a host that fails goes back to what it ran, by itself and at once. */
  onFailure: z.enum(['rollback', 'pause']),
  state: hostState,
  /** With `pull`: run the jobs of the state too, once all is there that they need. */
  jobs: z.literal(true).exactOptional(),
  /** Of the master, for one host (identity/signing.ts); a minion obeys none without it. */
  signature: signature.exactOptional(),
});
export type Desire = z.infer<typeof desire>;

/** What a minion has accepted per environment: the newest generation, and the newest it runs. */
export const accepted = z.strictObject({
  environment: environmentName,
  generation: count,
  running: count,
});

const call = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('ping') }),
  /** What would `state` change on this host now? Writes nothing. */
  z.strictObject({ verb: z.literal('plan'), state: hostState }),
  z.strictObject({
    verb: z.literal('logs'),
    environment: environmentName,
    service: name,
    lines: count.max(limits.logLinesMax * 50),
  }),
  /** One run of a test on this host; what it says comes as `log` while it runs. */
  z.strictObject({
    verb: z.literal('test'),
    project: name,
    environment: environmentName,
    network: name,
    test: name,
    /** Names this run and nothing else, also where the same test is run again. */
    run: z.string().regex(/^[a-z0-9-]{1,64}$/),
    timeoutMs: count,
    request: testRequest,
  }),
]);
export type Call = z.infer<typeof call>;
export type Verb = Call['verb'];

const because = { reason: text };
const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('create-network'), network: name, ...because }),
  z.strictObject({ do: z.literal('create-volume'), volume: name, ...because }),
  z.strictObject({ do: z.literal('pull'), image: pinnedImage, ...because }),
  z.strictObject({
    do: z.literal('run-job'),
    ...{ container: name, service: name, job: jobSpec, ...because },
  }),
  z.strictObject({ do: z.literal('create'), container: name, spec: containerSpec, ...because }),
  z.strictObject({ do: z.literal('start'), container: name, spec: containerSpec, ...because }),
  z.strictObject({ do: z.literal('restart'), container: name, spec: containerSpec, ...because }),
  z.strictObject({
    do: z.literal('await-healthy'),
    container: name,
    spec: containerSpec,
    ...because,
  }),
  z.strictObject({
    do: z.literal('stop'),
    container: name,
    service: name,
    timeoutMs: count,
    drain: drain.exactOptional(),
    ...because,
  }),
  z.strictObject({ do: z.literal('remove'), container: name, service: name, ...because }),
  z.strictObject({ do: z.literal('remove-network'), network: name, ...because }),
]) satisfies z.ZodType<Step>;

/** The answer to `plan`. */
export const planned = z.strictObject({
  steps: z.array(step).max(5_000),
  switches: z.array(
    z.strictObject({
      service: name,
      slot: count,
      order: z.enum(['start-first', 'stop-first', 'first-start', 'removal']),
      gapMs: count,
    }),
  ) satisfies z.ZodType<readonly Switch[]>,
  problems: z.array(
    z.strictObject({
      code: z.enum(['PORT_TAKEN', 'NAME_TAKEN', 'NOT_ALLOWED']),
      ...{ service: name, message: text },
    }),
  ) satisfies z.ZodType<readonly PlanProblem[]>,
  running: z.array(running),
});
/** The answer to `ping`: the minion's own clock. */
export const pong = z.strictObject({ now: at });
/** The answer to `logs`. */
export const logsAnswer = z.strictObject({ lines: z.array(text) });

export const answers = { ping: pong, plan: planned, logs: logsAnswer, test: tested } as const;
export type Answer<V extends Verb> = z.infer<(typeof answers)[V]>;

const faultData = z.strictObject({
  code: faultCode,
  message: text,
  where: text.exactOptional(),
  at: sourcePosition.exactOptional(),
});

export const fromMinion = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    /** The minion's package version. */
    version: name,
    facts,
    accepted: z.array(accepted).max(1_000),
  }),
  z.strictObject({ type: z.literal('progress'), progress }),
  z.strictObject({ type: z.literal('report'), seq: count, report }),
  z.strictObject({ type: z.literal('drift'), seq: count, drift }),
  z.strictObject({ type: z.literal('facts'), facts }),
  z.strictObject({
    type: z.literal('result'),
    id: name,
    answer: z.union([
      z.strictObject({ ok: z.literal(true), value: z.unknown() }),
      z.strictObject({ ok: z.literal(false), fault: faultData }),
    ]),
  }),
  /** What the test of this call says meanwhile; may be lost. */
  z.strictObject({
    type: z.literal('log'),
    id: name,
    lines: z.array(z.string().max(limits.logLineCharsMax)).max(limits.liveLinesMax),
  }),
  /** A new certificate for a new key, PEM; {@link fromMaster} answers with `certificate`. */
  z.strictObject({
    type: z.literal('renew'),
    csr: z.string().max(limits.enrolBodyBytesMax),
    /** The number of the newest `trust` that it has kept; 0 for none. */
    trust: count,
  }),
  z.strictObject({ type: z.literal('bye'), reason: text }),
]);
export type FromMinion = z.infer<typeof fromMinion>;

export const fromMaster = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    version: name,
    id: name,
    labels: z.record(name, text),
  }),
  desire,
  z.strictObject({
    type: z.literal('call'),
    id: name,
    deadlineMs: count,
    call,
    /** Of the master, for one host, where the call runs something there. */
    signature: signature.exactOptional(),
  }),
  z.strictObject({ type: z.literal('cancel'), id: name }),
  /** Everything up to and with `seq` is stored durably. */
  z.strictObject({ type: z.literal('ack'), seq: count }),
  /** The authorities to believe in from now on, one or two; signed like a desire. */
  z.strictObject({
    type: z.literal('trust'),
    ca: z.string().max(limits.enrolBodyBytesMax),
    serial: count,
    signature,
  }),
  z.strictObject({
    type: z.literal('certificate'),
    certificate: z.string().max(limits.enrolBodyBytesMax),
  }),
  z.strictObject({ type: z.literal('bye'), reason: text }),
]);
export type FromMaster = z.infer<typeof fromMaster>;
