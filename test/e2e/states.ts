// States repositories for the end-to-end tests: one service with a fixed host port, one environment.

interface Version {
  readonly tag: string;
  readonly digest?: string;
}

export interface Wanted {
  readonly registry: string;
  readonly version: Version;
  readonly env?: Readonly<Record<string, string>>;
  readonly rollout?: string;
  readonly services?: number;
}

export const port = 18080;

/** The whole repository as path → text; service `api` publishes {@link port}. */
export function statesFor(wanted: Wanted): Record<string, string> {
  return {
    'brine.yaml': brineFile(wanted.registry),
    'services/api.yaml': serviceFile(wanted),
    'environments/beta.yaml': `hosts: ring=beta\nvars: { api_port: ${port} }\n`,
    ...versionFile(wanted.version),
  };
}

const brineFile = (registry: string): string =>
  [
    'project: starfall',
    `registries: { "${registry}": { insecure: true } }`,
    `images: { api: { repository: "${registry}/api" } }`,
    '',
  ].join('\n');

const serviceFile = ({ env = {}, rollout }: Wanted): string =>
  [
    'image: api',
    'targets: role=app',
    'ports: ["${vars.api_port}:8080"]',
    `env: ${JSON.stringify({ GREETING: 'hello', ...env })}`,
    'healthcheck: { http: /up, interval: 200ms, timeout: 2s, start: 20s }',
    'stop: { signal: SIGTERM, timeout: 5s }',
    `rollout: ${rollout ?? '{ batch: 1, min_healthy: 500ms, progress: 60s }'}`,
    '',
  ].join('\n');

/** Only `versions/beta.yaml`, as a person writes it. */
export function versionFile({ tag, digest }: Version): Record<string, string> {
  const pinned = digest === undefined ? '' : `, digest: "${digest}"`;
  return { 'versions/beta.yaml': `images:\n  api: { tag: "${tag}"${pinned} }\n` };
}
