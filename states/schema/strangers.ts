// Keys that people write because Compose, or the way ahead of Brine, has them: what to say instead
// of "unknown key".

/** By what the map is called: key → what to write instead. */
const otherWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a service': {
    build: 'an image is built before it comes here; name it with `image`',
    container_name: 'Brine gives containers their names',
    cpus: 'write `limits: { cpus: … }`',
    depends_on: 'write `needs: [<service>]`',
    deploy: 'write `limits`, `rollout` and `targets`',
    environment: 'write `env`',
    expose: 'containers of one environment reach each other; `ports` opens one to others',
    health: 'write `healthcheck`',
    hosts: 'write `targets`; `hosts` stands in an environment',
    mem_limit: 'write `limits: { memory: … }`',
    memory: 'write `limits: { memory: … }`',
    name: 'a service is named by its file',
    dns_opt: 'write `dns: { options: … }`',
    dns_search: 'write `dns: { search: … }`',
    pids_limit: 'write `limits: { pids: … }`',
    pull_policy: 'versions are pinned by digest: what a host has of one is never out of date',
    replicas: 'write `instances`, the number on each host',
    scale: 'write `instances`, the number on each host',
    shm_size: 'write `limits: { shm: … }`',
    ulimits: 'write `limits: { ulimits: … }`',
    stop_grace_period: 'write `stop: { timeout: … }`',
    stop_signal: 'write `stop: { signal: … }`',
    tag: 'versions stand in versions/<environment>.yaml',
    version: 'versions stand in versions/<environment>.yaml',
  },
  '`healthcheck`': {
    disable: 'write `none: true`',
    path: 'write `http: <path>`',
    start_period: 'write `start`',
    test: 'write `exec: [<command>, …]`',
    url: 'write `http: <path>`',
  },
  'a test': {
    image: 'write `container: "${image.<name>}"`',
    retries: 'it is asked again until its `timeout`; see `interval`',
    url: 'write `http: <url>`',
  },
  '`expect`': { header: 'write `headers: { <name>: … }`' },
  '`stop`': { grace_period: 'write `timeout`', grace: 'write `timeout`' },
  '`limits`': { cpu: 'write `cpus`', mem: 'write `memory`', shm_size: 'write `shm`' },
  '`rollout`': {
    order: 'write `order` in the service itself',
    parallelism: 'write `batch`',
    failures: 'write `max_failures`',
  },
  'an environment': {
    env: 'write `vars`, or `services: { <service>: { env: … } }`',
    images: 'versions stand in versions/<environment>.yaml',
    targets: 'write `hosts`; `targets` stands in a service',
    variables: 'write `vars`',
    versions: 'versions stand in versions/<environment>.yaml',
  },
  'an image': {
    tag: 'versions stand in versions/<environment>.yaml',
    digest: 'versions stand in versions/<environment>.yaml',
    image: 'write `repository`',
    together: 'write `together: [[api, game]]` beside `images`',
  },
  'brine.yaml': {
    environments: 'each has its own file, environments/<name>.yaml',
    name: 'write `project`',
    services: 'each has its own file, services/<name>.yaml',
    vars: 'variables stand in environments/<name>.yaml',
    versions: 'each environment has its own file, versions/<name>.yaml',
  },
};

/** What Brine will have and does not have yet, by what the map is called. */
const notYet: Readonly<Record<string, readonly string[]>> = {
  'a service': ['secrets', 'network_mode', 'platform', 'privileged', 'sysctls', 'hooks'],
  'a registry': ['auth', 'mirror'],
  'an environment': ['drift', 'offline', 'windows', 'hold'],
  'a test': ['secrets'],
  'a stage': ['gates'],
  'brine.yaml': ['notifications', 'secrets'],
};

export interface Stranger {
  readonly message: string;
  readonly hint: string;
}

export function stranger(title: string, key: string): Stranger | undefined {
  const words = otherWords[title] ?? {};
  const hint = Object.hasOwn(words, key) ? words[key] : undefined;
  if (hint !== undefined) return { message: `unknown key \`${key}\` in ${title}`, hint };
  if (!(notYet[title] ?? []).includes(key)) return undefined;
  return { message: `\`${key}\` of ${title} is not available yet`, hint: later };
}

const later = 'take it out; it would have no effect';
