// What is wrong between keys of one service that are each right by themselves.

import { defaults } from '../defaults.ts';
import { hostSide, portsClash, portText } from '../ports.ts';
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
  ...portProblems(service),
  ...mountProblems(service),
  ...probeProblems(service),
  ...rolloutProblems(service.rollout ?? {}).map((problem) => ({
    ...problem,
    path: ['rollout', ...problem.path],
  })),
];

function portProblems({ ports = [] }: Service): readonly KeyProblem[] {
  return ports.flatMap((port, index) => {
    const other = ports.slice(0, index).find((each) => portsClash(hostSide(each), hostSide(port)));
    if (other === undefined) return [];
    const message = `${port.host}/${port.protocol} of the host is taken twice`;
    return [{ path: ['ports', index], message, hint: `${portText(other)} takes it already` }];
  });
}

function mountProblems({ volumes = [] }: Service): readonly KeyProblem[] {
  return volumes.flatMap(({ target }, index) => {
    const twice = volumes.slice(0, index).some((each) => each.target === target);
    return twice ? [{ path: ['volumes', index], message: `${target} is covered twice` }] : [];
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
