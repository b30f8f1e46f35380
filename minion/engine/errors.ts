// What the Docker Engine says when something fails, turned into faults in our words. Pure: texts in,
// fault out.

import type { FaultCode, FaultData } from '../../states/faults.ts';
import { anywhere, containers, pulls, type Rule } from './refusal-rules.ts';

/** An answer of the Engine that says no. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

const textCharsMax = 2_000;

/** What failed around a container that is named: create, start, stop, rename, … */
export function containerFault({ status, text }: Refusal, container: string): FaultData {
  const found = firstMatch([...anywhere, ...containers], text);
  const code = found?.code ?? (status === 400 ? 'CONTAINER_OPTION' : 'DOCKER_ERROR');
  return { code, message: found?.message ?? tidy(text), where: container };
}

/** What failed while an image was pulled. What no rule knows is taken for the registry's trouble. */
export function pullFault(text: string, reference: string): FaultData {
  const found = firstMatch([...anywhere, ...pulls], text);
  const code = found?.code ?? 'REGISTRY_DOWN';
  const detail = found?.message ?? tidy(text);
  return { code, message: `cannot pull ${reference}: ${detail}`, where: registryOf(reference) };
}

/** Anything else: lists, networks, volumes. */
export function engineFault({ text }: Refusal): FaultData {
  const found = firstMatch(anywhere, text);
  return { code: found?.code ?? 'DOCKER_ERROR', message: found?.message ?? tidy(text) };
}

/** The host port that was taken, in a refusal that is PORT_TAKEN. */
export function takenPort(text: string): number | undefined {
  const port = takenPorts.map((pattern) => pattern.exec(text)?.[1]).find(Boolean);
  return port === undefined ? undefined : Number(port);
}

/** Whether it is Docker's own book of ports that says no, and not the kernel for a program beside it. */
export const isDockersOwn = (text: string): boolean => /port is already allocated/.test(text);

/** A port that this book gives to no container. */
export const stalePort = (taken: FaultData, port: number): FaultData => ({
  ...taken,
  code: 'PORT_STALE',
  message: `Docker counts port ${port} of this host as taken, but no container has it, as after a crash; a restart of Docker frees it`,
});

const takenPorts = [
  /(?:Bind for|listen \w+) \S*?:(\d+):? /,
  /host port(?: for)? (?:\[[^\]]*\]|[^\s:]*):(\d+)/,
];

/** The Engine's words without the names of its own parts around them. */
export function tidy(text: string): string {
  let rest = text.slice(0, textCharsMax).replace(/\s+/g, ' ').trim();
  for (let before = ''; before !== rest; rest = rest.replace(packaging, '')) before = rest;
  return rest.replace(/: unknown$/, '');
}

const packaging = new RegExp(
  `^(?:${[
    'Error response from daemon',
    'failed to create task for container',
    'failed to create shim task',
    'failed to start shim',
    'failed to set up container networking',
    'OCI runtime (?:create|start|exec) failed',
    'runc create failed',
    'exec failed',
    'container_linux\\.go:\\d+',
    'starting container process caused',
    'unable to start container process',
    'error during container init',
    'Error when allocating new name',
  ].join('|')}): `,
);

/** Where the registry of a full reference is; as Docker reads it, no host means the Hub. */
function registryOf(reference: string): string {
  const [first = ''] = reference.split('/');
  return reference.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

function firstMatch(
  rules: readonly Rule[],
  text: string,
): { code: FaultCode; message: string } | undefined {
  const bounded = text.slice(0, textCharsMax);
  for (const { pattern, code, say } of rules) {
    const match = pattern.exec(bounded);
    if (match !== null) return { code, message: say?.(match) ?? tidy(text) };
  }
  return undefined;
}
