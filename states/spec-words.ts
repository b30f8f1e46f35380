// A container's spec in words, one entry for each thing that people set: what is compared when two of
// them are told apart. Names are those of the keys in `services/<service>.yaml`.

import { createHash } from 'node:crypto';
import { canonical } from './hash.ts';
import type {
  ConfigFile,
  ContainerOptions,
  ContainerSpec,
  Drain,
  Healthcheck,
  Joined,
  Limits,
  Mount,
} from './model.ts';
import { formatDuration, formatSize } from './units.ts';

/** Of each key its words; what is not set has none. Values of `env` stand there as they are. */
export function specWords(spec: ContainerSpec): ReadonlyMap<string, string> {
  const { image, stop } = spec;
  const words: (readonly [string, string | undefined])[] = [
    ['image', `${image.name} ${image.tag} (${shortDigest(image.digest)})`],
    ['command', argumentsOf(spec.command)],
    ['entrypoint', argumentsOf(spec.entrypoint)],
    ...each('env', spec.env),
    ['ports', portWords(spec)],
    ...spec.mounts.map((mount) => [`volume ${mount.target}`, mountWords(mount)] as const),
    ...limitWords(spec.limits),
    ['healthcheck', healthWords(spec.healthcheck)],
    ['min_healthy', formatDuration(spec.minHealthyMs)],
    ['restart', restartWords(spec)],
    ['stop', `${stop.signal}, ${formatDuration(stop.timeoutMs)}`],
    ['drain', spec.drain && drainWords(spec.drain)],
    ['user', spec.user],
    ...each('label', spec.labels),
    ['needs', listOf(spec.needs)],
    ['retain', String(spec.retain)],
    ['order', spec.order],
    ...optionWords(spec),
  ];
  return new Map(words.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])));
}

/** `2b1c9f002b1c`: enough of it to tell two apart. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

const each = (
  what: string,
  values: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] =>
  Object.entries(values).map(([name, value]) => [`${what} ${name}`, value]);

const listOf = (values: readonly string[] | undefined): string | undefined =>
  values === undefined || values.length === 0 ? undefined : values.join(', ');

const argumentsOf = (command: readonly string[] | undefined): string | undefined =>
  command?.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

function portWords({ ports }: ContainerSpec): string | undefined {
  const words = ports.map(({ address, host, container, protocol }) => {
    const at = address === '0.0.0.0' ? '' : `${address}:`;
    return `${at}${host}→${container}/${protocol}`;
  });
  return listOf(words.sort());
}

const mountWords = ({ type, source, readOnly }: Mount): string =>
  `${type === 'bind' ? 'host path ' : ''}${source}${readOnly ? ' (read-only)' : ''}`;

function limitWords(limits: Limits): readonly (readonly [string, string | undefined])[] {
  const { memoryBytes, cpus, pids, shmBytes, ulimits = {} } = limits;
  const size = (bytes: number | undefined) => (bytes === undefined ? undefined : formatSize(bytes));
  return [
    ['limits.memory', size(memoryBytes)],
    ['limits.cpus', cpus?.toString()],
    ['limits.pids', pids?.toString()],
    ['limits.shm', size(shmBytes)],
    ...Object.entries(ulimits).map(
      ([name, { soft, hard }]) => [`limits.ulimits.${name}`, `${soft}:${hard}`] as const,
    ),
  ];
}

function restartWords({ restart }: ContainerSpec): string {
  const { policy, maxRetries } = restart;
  return maxRetries === undefined ? policy : `${policy}, at most ${maxRetries} times`;
}

function healthWords(check: Healthcheck): string {
  const { intervalMs, timeoutMs, startMs, retries } = check;
  const timing =
    `every ${formatDuration(intervalMs)}, timeout ${formatDuration(timeoutMs)}, ` +
    `start ${formatDuration(startMs)}, ${retries} retries`;
  return `${probeWords(check)}, ${timing}`;
}

const drainWords = ({ probe, timeoutMs }: Drain): string =>
  `${probeWords(probe)}, every ${formatDuration(probe.intervalMs)}, timeout ${formatDuration(timeoutMs)}`;

function probeWords(check: Healthcheck): string {
  switch (check.kind) {
    case 'http':
      return `http :${check.port}${check.path}`;
    case 'tcp':
      return `tcp :${check.port}`;
    case 'exec':
      return `command ${argumentsOf(check.command) ?? ''}`;
    case 'image':
      return "the image's own";
    case 'none':
      return 'none';
  }
}

/** Every option, so that none can be forgotten here; most as they are written down. */
function optionWords(spec: ContainerOptions): readonly (readonly [string, string | undefined])[] {
  const options: Readonly<Record<keyof ContainerOptions, unknown>> = {
    configs: spec.configs?.map(configWords),
    networks: spec.networks?.map(networkWords),
    workingDir: spec.workingDir,
    hostname: spec.hostname,
    tmpfs: spec.tmpfs,
    extraHosts: spec.extraHosts,
    dns: spec.dns,
    capAdd: spec.capAdd,
    capDrop: spec.capDrop,
    readOnlyRoot: spec.readOnlyRoot,
    init: spec.init,
    securityOpt: spec.securityOpt,
    devices: spec.devices,
    logging: spec.logging,
  };
  return Object.entries(options).map(([key, value]) => [
    optionKeys[key as keyof ContainerOptions],
    optionText(value),
  ]);
}

/** What is in a file is never shown, only that it is another one. */
function configWords({ target, content, mode, user, group }: ConfigFile): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  return `${target} (${hash}, ${mode.toString(8).padStart(4, '0')} ${user}:${group})`;
}

const networkWords = ({ network, aliases }: Joined): string =>
  aliases.length === 0 ? network : `${network} as ${aliases.join(' and ')}`;

const optionKeys: Readonly<Record<keyof ContainerOptions, string>> = {
  configs: 'configs',
  networks: 'networks',
  workingDir: 'working_dir',
  hostname: 'hostname',
  tmpfs: 'tmpfs',
  extraHosts: 'extra_hosts',
  dns: 'dns',
  capAdd: 'cap_add',
  capDrop: 'cap_drop',
  readOnlyRoot: 'read_only',
  init: 'init',
  securityOpt: 'security_opt',
  devices: 'devices',
  logging: 'logging',
};

function optionText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  const texts = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return texts ? listOf(value) : plainText(value);
}

/** `{size: 1, target: /tmp}` without the quotes that JSON needs. */
function plainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  if (typeof value !== 'object' || value === null) return canonical(value).replace(/^"|"$/g, '');
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => `${key} ${plainText(part)}`)
    .join(' ');
}
