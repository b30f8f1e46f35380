// What is wrong between keys of one service that are each right by themselves.

import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { bindingsOf, hostSide, portsClash, portText, type PublishedPort } from '../ports.ts';
import { parseDuration } from '../units.ts';
import type { Service } from './service.ts';
import type { Rollout } from './rollout.ts';

export interface KeyProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

export const probes = ['http', 'tcp', 'exec', 'image', 'none'] as const;

/** Only which keys are there is looked at: values may still be open. */
export function healthcheckProblems(
  check: Readonly<Record<string, unknown>>,
): readonly KeyProblem[] {
  const [first, second] = probes.filter((probe) => probe in check);
  if (first !== undefined && second !== undefined) {
    const message = `\`${first}\` and \`${second}\` are two ways to probe`;
    const hint = `keep one; in an environment \`${first}: null\` takes the other away`;
    return [{ path: [second], message, hint }];
  }
  if ('port' in check && first !== 'http') {
    const hint = first === 'tcp' ? 'write `tcp: <port>`' : 'write `http: <path>` beside it';
    return [{ path: ['port'], message: '`port` belongs to `http`', hint }];
  }
  return [];
}

export const serviceProblems = (service: Service): readonly KeyProblem[] => [
  ...rangeProblems(service),
  ...portProblems(service),
  ...orderProblems(service),
  ...mountProblems(service),
  ...probeProblems(service),
  ...jobProblems(service),
  ...configProblems(service),
  ...networkProblems(service),
  ...drainProblems(service),
  ...rolloutProblems(service.rollout ?? {}).map((problem) => ({
    ...problem,
    path: ['rollout', ...problem.path],
  })),
];

function jobProblems({ jobs = {} }: Service): readonly KeyProblem[] {
  const count = Object.keys(jobs).length;
  if (count <= bounds.jobsMax) return [];
  const message = `the service has ${count} jobs`;
  return [{ path: ['jobs'], message, hint: `at most ${bounds.jobsMax}` }];
}

function networkProblems({ networks = {} }: Service): readonly KeyProblem[] {
  const count = Object.keys(networks).length;
  if (count <= bounds.networksMax) return [];
  const message = `the service is in ${count} networks`;
  return [{ path: ['networks'], message, hint: `at most ${bounds.networksMax}` }];
}

/** They are written into the container's own file system, before anything is mounted. */
function configProblems(service: Service): readonly KeyProblem[] {
  const { configs = {}, volumes = [], tmpfs = [], read_only: readOnly } = service;
  const targets = Object.keys(configs);
  const [first] = targets;
  if (first === undefined) return [];
  if (targets.length > bounds.configsMax) {
    const message = `the service has ${targets.length} configs`;
    return [{ path: ['configs'], message, hint: `at most ${bounds.configsMax}` }];
  }
  if (readOnly === true) {
    const message = 'Docker puts no files into a container whose root is read-only';
    return [{ path: ['configs'], message, hint: 'take out `read_only`, or mount a volume' }];
  }
  return targets.flatMap((target) => {
    const over = [...volumes, ...tmpfs].find((each) => `${target}/`.startsWith(`${each.target}/`));
    if (over === undefined) return [];
    return [{ path: ['configs', target], message: `${over.target} is mounted over ${target}` }];
  });
}

function drainProblems({ drain, ports = [] }: Service): readonly KeyProblem[] {
  if (drain === undefined) return [];
  if ((drain.exec === undefined) === (drain.http === undefined)) {
    const message = '`drain` asks by `exec` or by `http`';
    return [{ path: ['drain'], message, hint: 'write one of them' }];
  }
  const noPort = !ports.some(({ protocol }) => protocol === 'tcp');
  if (drain.http !== undefined && drain.port === undefined && noPort) {
    const message = 'the service publishes no TCP port that could be asked';
    return [{ path: ['drain', 'http'], message, hint: "add `port`, the container's own" }];
  }
  return [];
}

/** Of all instances together. */
const allBindings = (port: PublishedPort, instances: number) =>
  port.containerEnd === undefined && port.hostEnd !== undefined
    ? Array.from({ length: instances }, (_, index) => bindingsOf(port, index + 1)).flat()
    : bindingsOf(port, 1);

const bindingsMax = 1_000;

/** A range onto one port of the container is for instances, and they need one. */
function rangeProblems({ ports = [], instances = 1 }: Service): readonly KeyProblem[] {
  const all = ports.reduce((sum, port) => sum + bindingsOf(port, 1).length, 0);
  if (all > bindingsMax) {
    const message = `the container would publish ${all} ports`;
    return [{ path: ['ports'], message, hint: `at most ${bindingsMax}` }];
  }
  return ports.flatMap((port, index): readonly KeyProblem[] => {
    const { host, hostEnd = host, container, containerEnd } = port;
    const count = hostEnd - host + 1;
    const path = ['ports', index];
    if (instances === 1) {
      if (count === 1 || containerEnd !== undefined) return [];
      const message = `${host}-${hostEnd} are ${count} ports of the host for one container`;
      return [{ path, message, hint: `write \`instances: ${count}\`, or one port` }];
    }
    if (containerEnd === undefined && count >= instances) return [];
    const message = `${instances} instances need ${instances} ports of the host for each of their own`;
    const hint = `write a range of the host, like ${host}-${host + instances - 1}:${container}`;
    return [{ path, message, hint }];
  });
}

function portProblems({ ports = [], instances = 1 }: Service): readonly KeyProblem[] {
  const all = ports.map((port) => allBindings(port, instances));
  return ports.flatMap((port, index) => {
    for (const own of all[index] ?? []) {
      const other = ports.find(
        (_, before) =>
          before < index &&
          (all[before] ?? []).some((each) => portsClash(hostSide(each), hostSide(own))),
      );
      if (other === undefined) continue;
      const message = `${own.host}/${port.protocol} of the host is taken twice`;
      return [{ path: ['ports', index], message, hint: `${portText(other)} takes it already` }];
    }
    return [];
  });
}

function orderProblems({ order, ports = [] }: Service): readonly KeyProblem[] {
  const [port] = ports;
  if (order !== 'start-first' || port === undefined) return [];
  const message = `the old and the new container cannot both have ${port.host}/${port.protocol} of the host`;
  return [{ path: ['order'], message, hint: 'take it out, or take `ports` out' }];
}

function mountProblems({ volumes = [], tmpfs = [] }: Service): readonly KeyProblem[] {
  const places = [
    ...volumes.map(({ target }, index) => ({ target, path: ['volumes', index] })),
    ...tmpfs.map(({ target }, index) => ({ target, path: ['tmpfs', index] })),
  ];
  return places.flatMap(({ target, path }, index) => {
    const twice = places.slice(0, index).some((each) => each.target === target);
    return twice ? [{ path, message: `${target} is covered twice` }] : [];
  });
}

function probeProblems({ healthcheck, ports = [] }: Service): readonly KeyProblem[] {
  if (ports.some(({ protocol }) => protocol === 'tcp')) return [];
  if (healthcheck?.http !== undefined && healthcheck.tcp !== undefined) return [];
  const why = 'the service publishes no TCP port that could be probed';
  if (healthcheck?.http !== undefined && healthcheck.port === undefined) {
    return [
      { path: ['healthcheck', 'http'], message: why, hint: "add `port`, the container's own" },
    ];
  }
  return healthcheck?.tcp === true
    ? [{ path: ['healthcheck', 'tcp'], message: why, hint: 'write `tcp: <port>`' }]
    : [];
}

export function rolloutProblems(rollout: Rollout): readonly KeyProblem[] {
  const minHealthy = rollout.min_healthy ?? written(defaults.rollout.min_healthy);
  const progress = rollout.progress ?? written(defaults.rollout.progress);
  if (minHealthy < progress) return [];
  const message = 'no host can become healthy in time: `min_healthy` is not below `progress`';
  return [{ path: [rollout.min_healthy === undefined ? 'progress' : 'min_healthy'], message }];
}

export function written(duration: string): number {
  const parsed = parseDuration(duration);
  if (!parsed.ok) throw new Error(`a default that is no duration: ${duration}`);
  return parsed.value;
}
