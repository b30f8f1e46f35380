// The Docker Engine that this machine has already: whether one host of a test can live on it beside
// what is there, and if not, why.

import { execFileSync, spawnSync, type StdioOptions } from 'node:child_process';
import { find, missingPrograms } from './needs.ts';

export interface LocalPlace {
  /** For `DOCKER_HOST`. */
  readonly dockerHost: string;
  /** Of this machine, seen by the Engine's containers and by nobody outside. */
  readonly address: string;
}

const programs = ['docker', 'docker-registry', 'busybox', 'ip'];

/** Where a test's one host can be, or in words why nowhere. */
export function findLocalPlace(): LocalPlace | string {
  const missing = missingPrograms().filter(({ program }) => programs.includes(program));
  if (missing.length > 0) {
    return `missing here: ${missing.map(({ program }) => program).join(', ')}`;
  }
  try {
    return look();
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error))
      .split('\n')
      .slice(1);
    return `no Docker Engine answers here${line === '' ? '' : `: ${line}`}`;
  }
}

function look(): LocalPlace | string {
  const dockerHost = process.env['DOCKER_HOST'] ?? endpoint();
  if (!dockerHost.startsWith('unix://'))
    return `the Docker Engine is not here but at ${dockerHost}`;
  const security = docker(dockerHost, 'info', '--format', '{{.SecurityOptions}}');
  const link = docker(dockerHost, 'network', 'inspect', 'bridge', '--format', bridgeName);
  const address = addressOf(link);
  // Rootless, or in a machine of its own: then its containers and we do not see each other.
  if (security.includes('rootless') || address === undefined) {
    return "the Docker Engine's network is not this machine's";
  }
  const [taken] = managed(dockerHost);
  if (taken !== undefined) return `Brine looks after this Docker Engine already: ${taken} is there`;
  return { dockerHost, address };
}

const bridgeName = '{{index .Options "com.docker.network.bridge.name"}}';

/** Undefined where this machine has no such link. */
function addressOf(link: string): string | undefined {
  const asked = ['-4', '-oneline', 'address', 'show', 'dev', link];
  const { stdout } = spawnSync(find('ip') ?? 'ip', asked, { encoding: 'utf8', timeout: 10_000 });
  return / inet ([\d.]+)/.exec(stdout)?.[1];
}

const endpoint = (): string =>
  docker(undefined, 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');

/** A host has one minion: a second would take the first one's containers for its own. */
function managed(dockerHost: string): string[] {
  const lists = [
    ['ps', '--all', '--filter', 'label=brine.project', '--format', '{{.Names}}'],
    ['ps', '--all', '--filter', 'name=^starfall-', '--format', '{{.Names}}'],
    ['network', 'ls', '--filter', 'name=^starfall-', '--format', '{{.Name}}'],
    ['volume', 'ls', '--filter', 'name=^starfall-', '--format', '{{.Name}}'],
  ];
  return lists
    .flatMap((list) => docker(dockerHost, ...list).split('\n'))
    .filter((name) => name !== '');
}

function docker(dockerHost: string | undefined, ...args: readonly string[]): string {
  const env = { ...process.env, ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }) };
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  return execFileSync('docker', args, { env, encoding: 'utf8', timeout: 10_000, stdio }).trim();
}
