// A states repository in memory that is right, to be changed in one place at a time.

import { renderDiagnostics } from '../../states/diagnostics.ts';
import type { StateFile, StateFiles } from '../../states/files.ts';
import { parseHostId } from '../../states/ids.ts';
import { loadStates } from '../../states/load.ts';
import type { InventoryHost } from '../../states/model.ts';
import { resolveEnvironment, type ResolveRequest, type Resolved } from '../../states/resolve.ts';
import type { States } from '../../states/states.ts';

export type Texts = Readonly<Record<string, string | StateFile | null>>;

const encoder = new TextEncoder();

/** Path → text, or a link, or null for a file that is not there. */
export function filesOf(texts: Texts): StateFiles {
  const files = new Map<string, StateFile>();
  for (const [path, text] of Object.entries(texts)) {
    if (text === null) continue;
    files.set(path, typeof text === 'string' ? { bytes: encoder.encode(text) } : text);
  }
  return files;
}

export const good = {
  'brine.yaml': `project: starfall
images:
  api: { repository: registry.example.com/api }
  game: { repository: registry.example.com/game }
`,
  'services/api.yaml': `image: api
targets: role=app
ports: ["\${vars.api_port}:8080"]
env: { NODE_ENV: production }
healthcheck: { http: /up }
`,
  'environments/beta.yaml': `hosts: ring=beta
vars: { api_port: 18080 }
`,
  'versions/beta.yaml': `images:
  api: { tag: "1.42.0" }
`,
} as const satisfies Texts;

/** Written below the service that is right. */
export const more = (text: string): Texts => ({
  'services/api.yaml': good['services/api.yaml'] + text,
});

export const api = (text: string): Texts => ({ 'services/api.yaml': text });

/** The service that is right, with one line of it written otherwise. */
export const instead = (line: RegExp, text: string): Texts => ({
  'services/api.yaml': good['services/api.yaml'].replace(line, text),
});

export const environment = (text: string): Texts => ({
  'environments/beta.yaml': good['environments/beta.yaml'] + text,
});

export const versions = (text: string): Texts => ({ 'versions/beta.yaml': text });

/** Everything that is said about the good states with these files instead. */
export function said(changes: Texts): string {
  const files = filesOf({ ...good, ...changes });
  const loaded = loadStates(files);
  if (!loaded.ok) return renderDiagnostics(loaded.diagnostics, files);
  const problems = [...loaded.states.environments.values()].flatMap((each) => each.problems);
  return renderDiagnostics([...problems, ...loaded.states.warnings], files);
}

export function statesOf(changes: Texts = {}): States {
  const files = filesOf({ ...good, ...changes });
  const loaded = loadStates(files);
  if (loaded.ok) return loaded.states;
  throw new Error(renderDiagnostics(loaded.diagnostics, files));
}

export function hostOf(
  id: string,
  labels: Readonly<Record<string, string>> = { ring: 'beta', role: 'app' },
  facts: InventoryHost['facts'] = { address: '10.0.0.1' },
): InventoryHost {
  const parsed = parseHostId(id);
  if (parsed === undefined) throw new Error(`not the id of a host: ${id}`);
  return { id: parsed, labels, facts };
}

export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

export const resolve = (states: States, request: Partial<ResolveRequest> = {}): Resolved =>
  resolveEnvironment(states, {
    environment: 'beta',
    inventory: [hostOf('web-1')],
    digests: new Map([
      ['api', digestOf('a')],
      ['game', digestOf('b')],
    ]),
    commit: null,
    ...request,
  });

export function resolved(states: States, request: Partial<ResolveRequest> = {}) {
  const answer = resolve(states, request);
  if (answer.ok) return answer.environment;
  throw new Error(renderDiagnostics(answer.diagnostics, new Map()));
}
