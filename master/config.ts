// master.yaml, in the master's own directory: where the states come from, and where the master
// listens. Written by `master init`, read at start; a mistake is told with its line.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { fault } from '../states/faults.ts';
import { parseDuration } from '../states/units.ts';
import { parseEndpoint, type Endpoint } from './endpoint.ts';
import { hookKinds } from './triggers/hints.ts';
import type { Hook } from './triggers/hooks.ts';
import { checkFolder, checkRef, parseLocation } from './source/location.ts';

export interface MasterConfig {
  readonly states: {
    readonly url: string;
    readonly ref: string;
    readonly path?: string;
    /** How often a pipeline looks for changes by people, in ms. */
    readonly pollMs: number;
  };
  readonly fleet: { readonly listen: Endpoint; readonly address: Endpoint };
  /** Undefined where people and CI are served on the socket only. */
  readonly api: Endpoint | undefined;
  /** How often registries are asked for new versions of images that follow something, in ms. */
  readonly registryPollMs: number;
  /** What registries and builds may send to `/v1/hooks/<name>`. */
  readonly hooks: ReadonlyMap<string, Hook>;
}

export const configPath = (dir: string): string => join(dir, 'master.yaml');

/** Throws MASTER_UNSET where there is none, and BAD_USAGE with the place of what is wrong. */
export async function readConfig(dir: string): Promise<MasterConfig> {
  const path = configPath(dir);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw fault('MASTER_UNSET', `no master was set up in ${dir}`);
    throw fault('BAD_USAGE', `cannot read ${path}: ${cause.message}`, {}, { cause });
  });
  return parseConfig(text, path);
}

export function parseConfig(text: string, path: string): MasterConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file: path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw fault('BAD_USAGE', firstLine(error.message), { at: place(error.pos[0]) });
  }
  const parsed = masterConfigSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return complete(parsed.data);
  // A key that is misspelt is also a key that is missing: the first says more.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new Error('a refusal without an issue');
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const steps = [...issue.path, ...keys];
  const message = keys.length > 0 ? `unknown key ${keys.join()}` : issue.message;
  const words = issue.path.length > 0 ? `${issue.path.join('.')}: ${message}` : message;
  throw fault('BAD_USAGE', words, { at: place(offsetOf(document, steps)) });
}

/** A parser of ours that throws a fault, as a schema that reports it. */
const checked = <T>(parse: (raw: string) => T) =>
  z.string().transform((raw, context): T => {
    try {
      return parse(raw);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

const same =
  (check: (raw: string) => unknown) =>
  (raw: string): string => {
    check(raw);
    return raw;
  };

const endpoint = checked(parseEndpoint);

/** Every git server stands a look each second; a day without one is as good as none. */
const pollTime = z.string().transform((raw, context): number => {
  const parsed = parseDuration(raw);
  if (parsed.ok && parsed.value >= 1_000 && parsed.value <= 86_400_000) return parsed.value;
  const message = parsed.ok ? 'from 1s to 24h' : parsed.problem;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const pollMsDefault = 30_000;

const hook = z.strictObject({
  kind: z.enum(hookKinds),
  /** Guessing must be hopeless: whoever knows it can make the master look at a registry. */
  secret: z.string().min(16, 'at least 16 characters').max(200),
});

const registryPollMsDefault = 300_000;

export const masterConfigSchema = z.strictObject({
  states: z.strictObject({
    url: checked(same((raw) => parseLocation(raw, '/'))),
    ref: checked(same(checkRef)),
    path: checked(same(checkFolder)).exactOptional(),
    poll: pollTime.optional(),
  }),
  fleet: z.strictObject({ listen: endpoint, address: endpoint.exactOptional() }),
  api: z
    .strictObject({ listen: z.union([z.literal('off'), endpoint]) })
    .optional()
    .transform((api) => api?.listen ?? 'off'),
  registries: z.strictObject({ poll: pollTime.optional() }).optional(),
  hooks: z.record(z.string().regex(/^[a-z0-9-]{1,40}$/, 'a short name'), hook).optional(),
});

const complete = ({
  states,
  fleet,
  api,
  registries,
  hooks = {},
}: z.infer<typeof masterConfigSchema>): MasterConfig => ({
  registryPollMs: registries?.poll ?? registryPollMsDefault,
  hooks: new Map(Object.entries(hooks)),
  states: statesOf(states),
  fleet: { listen: fleet.listen, address: fleet.address ?? fleet.listen },
  api: api === 'off' ? undefined : api,
});

function statesOf({
  poll = pollMsDefault,
  ...states
}: z.infer<typeof masterConfigSchema>['states']) {
  return { ...states, pollMs: poll };
}

/** Where the value stands, the key where it is the key that is wrong, else the nearest around it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const node = document.getIn(path, true);
  if (isNode(node) && node.range) return keyOffset(document, path) ?? node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

function keyOffset(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => String(key) === String(path.at(-1)));
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
