// What a test asks of one host, with everything that it refers to looked up there; and what can be said
// of it before a host is chosen. Pure.

import { defaults } from './defaults.ts';
import { makeContainer } from './container.ts';
import { tidyDiagnostics, type Diagnostic } from './diagnostics.ts';
import { environmentOf } from './environment-of.ts';
import { fault } from './faults.ts';
import type { ReleaseId, ServiceName } from './ids.ts';
import type { InventoryHost, PinnedImage } from './model.ts';
import { check } from './schema/check.ts';
import type { TestFile } from './schema/brine.ts';
import type { Service } from './schema/service.ts';
import { written } from './schema/service-checks.ts';
import { makeTestSchema } from './schema/test.ts';
import { makeScope } from './scope.ts';
import type { Selector } from './selector.ts';
import type { States, Test } from './states.ts';
import { substitute } from './substitute.ts';
import { suggest } from './suggest.ts';
import { parseTemplate } from './template.ts';
import type { HttpExpect, TestRequest } from './test-request.ts';
import { toPlain, type MapTree, type Tree } from './tree.ts';

/** Where and for which bytes it is run. */
export interface TestScene {
  readonly environment: string;
  readonly images: readonly PinnedImage[];
  readonly release: ReleaseId;
  readonly host: InventoryHost;
}

export type ResolvedTest =
  | { readonly ok: true; readonly request: TestRequest }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface TestOutline {
  readonly kind: TestRequest['kind'];
  readonly on: 'each-host' | 'one-host';
  readonly timeoutMs: number;
  /** Services that it names: it is run where all of them run. */
  readonly services: readonly string[];
  readonly targets?: Selector;
}

/** Throws UNKNOWN_NAME where there is no such test. */
export function testOutline(states: States, name: string): TestOutline {
  const { file, tree } = testOf(states, name);
  const { on = defaults.test.on, timeout = written(defaults.test.timeout), targets } = file;
  const named = [...servicesIn(tree), ...(file.service === undefined ? [] : [file.service])];
  return {
    kind: kindOf(file),
    on,
    timeoutMs: timeout,
    services: [...new Set(named)].sort(),
    ...(targets !== undefined && { targets }),
  };
}

/** Throws UNKNOWN_NAME where there is no such test or environment; all else is answered. */
export function resolveTest(states: States, name: string, scene: TestScene): ResolvedTest {
  const test = testOf(states, name);
  const environment = environmentOf(states, scene.environment);
  const references = new Map(
    scene.images.map((image) => [image.name, `${image.repository}@${image.digest}`]),
  );
  const scope = makeScope({
    environment: environment.name,
    vars: environment.vars,
    host: scene.host,
    services: new Map([...environment.services].map(([service, { tree }]) => [service, tree])),
    images: new Map([...states.images.keys()].map((image) => [image, references.get(image)])),
    release: scene.release,
  });
  const { plain, open, diagnostics } = substitutedTest(test.tree, scope);
  if (diagnostics.length > 0) return refused(diagnostics);
  if (open) return refused([without(test, 'it refers to an image that has no version here')]);
  const checked = check<TestFile>(schema(), test.tree, plain);
  if (!checked.ok) return refused(checked.diagnostics);
  return requestOf(name, test, { file: checked.value, scene, states });
}

/** `container` names an image as it is written; everything else may refer to something. */
function substitutedTest(tree: MapTree, scope: Parameters<typeof substitute>[1]) {
  const plain = Object.create(null) as Record<string, unknown>;
  const diagnostics: Diagnostic[] = [];
  let open = false;
  for (const [key, { value }] of tree.entries) {
    if (key.startsWith('x-')) continue;
    if (key === 'container') {
      plain[key] = toPlain(value);
      continue;
    }
    const done = substitute(value, scope, key);
    plain[key] = done.plain;
    open ||= done.open;
    diagnostics.push(...done.diagnostics);
  }
  return { plain, open, diagnostics };
}

interface Resolving {
  readonly file: TestFile;
  readonly scene: TestScene;
  readonly states: States;
}

function requestOf(name: string, test: Test, { file, scene, states }: Resolving): ResolvedTest {
  const { http, exec, service, interval = written(defaults.test.interval) } = file;
  if (http !== undefined) {
    const expect = expectOf(file.expect);
    return { ok: true, request: { kind: 'http', url: http, expect, intervalMs: interval } };
  }
  if (exec !== undefined && service !== undefined) {
    return { ok: true, request: { kind: 'exec', service, command: exec } };
  }
  const image = scene.images.find((each) => each.name === file.container);
  if (image === undefined) {
    return refused([without(test, `image ${file.container ?? ''} has no version here`)]);
  }
  const spec = makeContainer({
    // A test is named as services are.
    name: name as ServiceName,
    service: serviceOf(file, image),
    image,
    prefix: `${states.project}-${scene.environment}`,
    minHealthyMs: 0,
    at: test.at,
  });
  const junit = file.junit === undefined ? {} : { junit: file.junit };
  return { ok: true, request: { kind: 'container', spec, ...junit } };
}

/** It runs once, publishes nothing and keeps nothing. */
const serviceOf = (file: TestFile, image: PinnedImage): Service => ({
  image: image.name,
  ...(file.command && { command: file.command }),
  ...(file.entrypoint && { entrypoint: file.entrypoint }),
  ...(file.env && { env: file.env }),
  ...(file.user !== undefined && { user: file.user }),
  ...(file.limits && { limits: file.limits }),
  restart: { policy: 'no' },
  healthcheck: { none: true },
  stop: { timeout: written(defaults.test.grace) },
  retain: 0,
});

function expectOf({ status, headers = {}, json = {}, body }: TestFile['expect'] = {}): HttpExpect {
  return {
    status: status ?? defaults.test.status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
    ),
    json,
    ...(body !== undefined && { body }),
  };
}

function kindOf(file: TestFile): TestRequest['kind'] {
  if ('http' in file) return 'http';
  return 'exec' in file ? 'exec' : 'container';
}

/** Those of `${service.<name>.port}`. */
function servicesIn(tree: Tree): readonly string[] {
  if (tree.kind === 'list') return tree.items.flatMap(servicesIn);
  if (tree.kind === 'map')
    return [...tree.entries.values()].flatMap(({ value }) => servicesIn(value));
  if (typeof tree.value !== 'string') return [];
  return parseTemplate(tree.value).flatMap((part) => {
    const name = typeof part === 'object' && 'name' in part ? part.name : '';
    const [, service] = /^service\.(.+)\.port$/.exec(name) ?? [];
    return service === undefined ? [] : [service];
  });
}

function testOf(states: States, name: string): Test {
  const test = states.tests.get(name);
  if (test !== undefined) return test;
  const meant = suggest(name, states.tests.keys());
  const more = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw fault('UNKNOWN_NAME', `no test is named ${name}${more}`);
}

const without = ({ at }: Test, message: string): Diagnostic => ({
  ...at,
  message,
  hint: 'give it one in the versions file of this environment',
});

const refused = (diagnostics: readonly Diagnostic[]): ResolvedTest => ({
  ok: false,
  diagnostics: tidyDiagnostics(diagnostics),
});

let made: ReturnType<typeof makeTestSchema> | undefined;
const schema = (): ReturnType<typeof makeTestSchema> => (made ??= makeTestSchema('resolved'));
