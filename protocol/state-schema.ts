// The desired state of a host as it crosses the wire: the shape of states/model.ts, checked by value.

import { z } from 'zod';
import {
  parseEnvironmentName,
  parseReleaseId,
  parseServiceName,
  type EnvironmentName,
  type ReleaseId,
  type ServiceName,
} from '../states/ids.ts';
import { bounds } from '../states/bounds.ts';
import type { ContainerOptions, HostState } from '../states/model.ts';
import { limits } from './limits.ts';

/** A string that is whatever its parser in states/ids.ts says it is. */
export const branded = <T extends string>(what: string, parse: (raw: string) => T | undefined) =>
  z.string().transform((raw, context): T => {
    const parsed = parse(raw);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `not a ${what}` });
    return z.NEVER;
  });

export const environmentName = branded<EnvironmentName>('environment name', parseEnvironmentName);
export const serviceName = branded<ServiceName>('service name', parseServiceName);
export const releaseId = branded<ReleaseId>('release id', parseReleaseId);

const text = z.string().max(4_096);
const words = z.array(z.string().max(65_536)).max(1_000);
const ms = z
  .number()
  .int()
  .min(0)
  .max(86_400_000 * 30);
const port = z.number().int().min(1).max(65_535);
export const protocolName = z.enum(['tcp', 'udp']);

export const sourcePosition = z.strictObject({
  file: text,
  line: z.number().int().min(1),
  column: z.number().int().min(1),
});

export const pinnedImage = z.strictObject({
  name: text,
  repository: text,
  tag: text,
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  commit: text.exactOptional(),
});

const probeTiming = {
  intervalMs: ms.min(10),
  timeoutMs: ms.min(10),
  startMs: ms,
  retries: z.number().int().min(1).max(1_000),
};

const httpCheck = z.strictObject({
  ...{ kind: z.literal('http'), port, path: text.startsWith('/') },
  ...probeTiming,
});
const execCheck = z.strictObject({
  ...{ kind: z.literal('exec'), command: words.min(1) },
  ...probeTiming,
});

const healthcheck = z.discriminatedUnion('kind', [
  httpCheck,
  z.strictObject({ kind: z.literal('tcp'), port, ...probeTiming }),
  execCheck,
  z.strictObject({ kind: z.literal('image'), ...probeTiming }),
  z.strictObject({ kind: z.literal('none'), ...probeTiming }),
]);

const texts = z.array(text).max(1_000);
const path = text.startsWith('/');
const ulimit = z.number().int().min(-1);

const id = z.number().int().min(0).max(bounds.ownerMax);

const containerOptions = {
  configs: z
    .array(
      z.strictObject({
        target: path,
        content: z.base64().max(4 * Math.ceil(bounds.configBytesMax / 3)),
        mode: z.number().int().min(0).max(0o7777),
        user: id,
        group: id,
      }),
    )
    .max(bounds.configsMax)
    .exactOptional(),
  networks: z
    .array(z.strictObject({ network: text, aliases: texts }))
    .min(1)
    .max(bounds.networksMax)
    .exactOptional(),
  workingDir: path.exactOptional(),
  hostname: text.exactOptional(),
  tmpfs: z
    .array(
      z.strictObject({
        target: path,
        sizeBytes: z.number().int().positive().exactOptional(),
        mode: z.number().int().min(0).max(0o7777).exactOptional(),
      }),
    )
    .max(200)
    .exactOptional(),
  extraHosts: z.record(text, text).exactOptional(),
  dns: z.strictObject({ servers: texts, search: texts, options: texts }).exactOptional(),
  capAdd: texts.exactOptional(),
  capDrop: texts.exactOptional(),
  readOnlyRoot: z.literal(true).exactOptional(),
  init: z.boolean().exactOptional(),
  securityOpt: texts.exactOptional(),
  devices: z
    .array(
      z.strictObject({
        host: path,
        container: path,
        permissions: z.string().regex(/^[rwm]{1,3}$/),
      }),
    )
    .max(200)
    .exactOptional(),
  logging: z.strictObject({ driver: text, options: z.record(text, text) }).exactOptional(),
} satisfies Record<keyof ContainerOptions, z.ZodType>;

export const drain = z.strictObject({
  probe: z.discriminatedUnion('kind', [httpCheck, execCheck]),
  timeoutMs: ms,
});

export const containerSpec = z.strictObject({
  service: serviceName,
  slot: z.number().int().min(1).max(1_000),
  image: pinnedImage,
  command: words.exactOptional(),
  entrypoint: words.exactOptional(),
  env: z.record(z.string().max(512), z.string().max(131_072)),
  ports: z
    .array(z.strictObject({ address: text, host: port, container: port, protocol: protocolName }))
    .max(1_000),
  mounts: z
    .array(
      z.strictObject({
        type: z.enum(['volume', 'bind']),
        source: text,
        target: text.startsWith('/'),
        readOnly: z.boolean(),
      }),
    )
    .max(200),
  restart: z.strictObject({
    policy: z.enum(['no', 'always', 'unless-stopped', 'on-failure']),
    maxRetries: z.number().int().min(0).exactOptional(),
  }),
  limits: z.strictObject({
    memoryBytes: z.number().int().positive().exactOptional(),
    cpus: z.number().positive().exactOptional(),
    pids: z.number().int().positive().exactOptional(),
    shmBytes: z.number().int().positive().exactOptional(),
    ulimits: z.record(text, z.strictObject({ soft: ulimit, hard: ulimit })).exactOptional(),
  }),
  healthcheck,
  stop: z.strictObject({ signal: text, timeoutMs: ms }),
  user: text.exactOptional(),
  labels: z.record(text, text),
  minHealthyMs: ms,
  needs: z.array(serviceName).max(200),
  retain: z.number().int().min(0).max(100),
  order: z.enum(['start-first', 'stop-first']).exactOptional(),
  ...containerOptions,
  drain: drain.exactOptional(),
  at: sourcePosition,
});

export const jobSpec = z.strictObject({
  name: text,
  service: serviceName,
  once: z.enum(['per-release', 'per-apply']),
  on: z.enum(['one-host', 'each-host']),
  timeoutMs: ms,
  spec: containerSpec,
});

export const hostState: z.ZodType<HostState> = z.strictObject({
  project: text,
  environment: environmentName,
  release: releaseId,
  commit: text.nullable(),
  network: text,
  containers: z.array(containerSpec).max(limits.containersPerStateMax),
  jobs: z.array(jobSpec).max(limits.containersPerStateMax).exactOptional(),
});
