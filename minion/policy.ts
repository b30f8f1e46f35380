// What this host lets its master do with it, by `allow:` in its own minion.yaml. A container can reach
// nothing of the host but through these: what is not allowed there is refused before anything is done.

import { realpath } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { fault } from '../states/faults.ts';
import type { ContainerSpec } from '../states/model.ts';
import type { PlanProblem } from '../states/step.ts';
import type { TestRequest } from '../states/test-request.ts';

const paths = z.array(z.string().startsWith('/').max(4_096)).max(100).default([]);
const words = z.array(z.string().min(1).max(200)).max(100).default([]);

/** The part of minion.yaml, checked; nothing is allowed where it is not there. */
export const policySchema = z
  .strictObject({
    binds: paths.describe('Paths of the host that containers may mount, with all that is below.'),
    devices: paths.describe('Devices that containers may be given, with all that is below.'),
    capabilities: words.describe('Capabilities that may be added, without `CAP_`.'),
    security_opt: words.describe('Options that loosen the confinement of a container, as written.'),
    tests: z
      .array(z.enum(['http', 'container', 'exec']))
      .default(['http'])
      .describe('Kinds of tests that may run here.'),
  })
  .prefault({});
export type HostPolicy = z.infer<typeof policySchema>;

const kinds = {
  bind: 'binds',
  device: 'devices',
  cap: 'capabilities',
  security: 'security_opt',
  test: 'tests',
} as const;

/** As the command line takes it: `bind:/srv/data`, `test:container`. Throws BAD_USAGE. */
export function parseAllowed(allowed: readonly string[]): Partial<HostPolicy> {
  const policy: Record<string, string[]> = {};
  for (const each of allowed) {
    const [, kind = '', value = ''] = /^([a-z]+):(.+)$/.exec(each) ?? [];
    const key = Object.hasOwn(kinds, kind) ? kinds[kind as keyof typeof kinds] : undefined;
    if (key === undefined) {
      const names = Object.keys(kinds).join(', ');
      throw fault('BAD_USAGE', `--allow takes one of ${names}, with a colon, not ${each}`);
    }
    policy[key] = [...(policy[key] ?? (key === 'tests' ? ['http'] : [])), value];
  }
  const parsed = policySchema.safeParse(policy);
  if (parsed.success) return policy;
  throw fault('BAD_USAGE', `--allow: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
}

/** Why this host does not run these; empty where it does. */
export async function refusalsOf(
  specs: readonly ContainerSpec[],
  policy: HostPolicy,
): Promise<readonly PlanProblem[]> {
  const found = await Promise.all(
    specs.map(async (spec) => {
      const messages = await forbiddenIn(spec, policy);
      return messages.map((message) => ({
        ...{ code: 'NOT_ALLOWED' as const, service: spec.service, message },
      }));
    }),
  );
  return found.flat();
}

/** Throws NOT_ALLOWED. */
export async function refuseTest(request: TestRequest, policy: HostPolicy): Promise<void> {
  if (!policy.tests.includes(request.kind)) {
    const message = `this host runs no tests of kind ${request.kind}; \`allow: { tests: [${request.kind}] }\` in its minion.yaml lets it`;
    throw fault('NOT_ALLOWED', message);
  }
  if (request.kind !== 'container') return;
  const [first] = await refusalsOf([request.spec], policy);
  if (first !== undefined) throw fault('NOT_ALLOWED', first.message);
}

async function forbiddenIn(spec: ContainerSpec, policy: HostPolicy): Promise<string[]> {
  const binds = spec.mounts.filter(({ type }) => type === 'bind');
  const mounted = await Promise.all(
    binds.map(async ({ source }) => placeOf(source, policy.binds, 'binds')),
  );
  const devices = await Promise.all(
    (spec.devices ?? []).map(async ({ host }) => placeOf(host, policy.devices, 'devices')),
  );
  const capabilities = (spec.capAdd ?? [])
    .filter((name) => !policy.capabilities.includes(name))
    .map((name) => `the capability ${name} ${notAllowed('capabilities', name)}`);
  const options = (spec.securityOpt ?? [])
    .filter((option) => !isTightening(option) && !policy.security_opt.includes(option))
    .map((option) => `the security option ${option} ${notAllowed('security_opt', option)}`);
  const places = [...mounted, ...devices].filter((each) => each !== undefined);
  return [...places, ...capabilities, ...options];
}

const notAllowed = (key: string, value: string): string =>
  `is not allowed by this host; \`allow: { ${key}: [${JSON.stringify(value)}] }\` in its minion.yaml lets it`;

const isTightening = (option: string): boolean => /^no-new-privileges(?:[:=]true)?$/.test(option);

/** Also where a link leads: a container could have made it in a place that it may write. */
async function placeOf(
  path: string,
  allowed: readonly string[],
  key: 'binds' | 'devices',
): Promise<string | undefined> {
  const written = normalize(path);
  const real = await realPlace(written);
  const within = (place: string): boolean => allowed.some((prefix) => isBelow(place, prefix));
  const roots = await Promise.all(allowed.map((prefix) => realPlace(normalize(prefix))));
  const reallyWithin = roots.some((root) => isBelow(real, root));
  if (within(written) && (reallyWithin || real === written)) return undefined;
  const what = key === 'binds' ? 'the path' : 'the device';
  const leads = within(written) ? `${written} (which leads to ${real})` : written;
  return `${what} ${leads} ${notAllowed(key, real)}`;
}

const isBelow = (path: string, prefix: string): boolean =>
  `${path}/`.startsWith(normalize(`${prefix}/`));

/** Of what is not there yet, the nearest that is. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), path.slice(parent.length));
  }
}
