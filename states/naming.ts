// What our containers are called and which labels they carry; both say whose they are.

import { specHash, type Surroundings } from './hash.ts';
import type { ContainerSpec, HostState, JobSpec } from './model.ts';

/** Keys of the labels that begin with `brine.`; a state cannot set them. */
export const labelKeys = {
  project: 'brine.project',
  environment: 'brine.env',
  service: 'brine.service',
  slot: 'brine.slot',
  release: 'brine.release',
  spec: 'brine.spec',
  /** Of a container that runs once: what it is for, and which run it is. It has no service. */
  test: 'brine.test',
  /** Of a job: its name. Its service is in `brine.of`, because it is none of its containers. */
  job: 'brine.job',
  of: 'brine.of',
  run: 'brine.run',
} as const;

const nameCharsMax = 200;
const hashDigits = 8;

/** `project-environment-service-slot-<8 hex of the spec's hash>`, at most 200 characters. */
export function containerName(of: Surroundings & { readonly spec: ContainerSpec }): string {
  const { project, environment, spec } = of;
  const who = `${project}-${environment}-${spec.service}-${spec.slot}`;
  const hash = specHash(spec, of).slice(0, hashDigits);
  return `${who.slice(0, nameCharsMax - hashDigits - 1)}-${hash}`;
}

/**
 * The container stays when it has ended, and its name says for what: the same job for the same release
 * from the same spec has run already.
 */
export function jobContainerName(state: HostState, { service, name, spec }: JobSpec): string {
  const { project, environment, release } = state;
  const hash = specHash(spec, state).slice(0, hashDigits);
  const end = `-${release}-${hash}`;
  const who = `${project}-${environment}-${service}-job-${name}`;
  return `${who.slice(0, nameCharsMax - end.length)}${end}`;
}

export const jobLabelsOf = (state: HostState, { service, name, spec }: JobSpec) => ({
  ...spec.labels,
  [labelKeys.project]: state.project,
  [labelKeys.environment]: state.environment,
  [labelKeys.job]: name,
  [labelKeys.of]: service,
  [labelKeys.release]: state.release,
});

/**
 * All labels of a container. `brine.release` is the release it was made for: one that is part of a
 * later release unchanged keeps the label, because changing it would replace the container.
 */
export function labelsOf(state: HostState, spec: ContainerSpec): Record<string, string> {
  return {
    ...spec.labels,
    [labelKeys.project]: state.project,
    [labelKeys.environment]: state.environment,
    [labelKeys.service]: spec.service,
    [labelKeys.slot]: String(spec.slot),
    [labelKeys.release]: state.release,
    [labelKeys.spec]: specHash(spec, state),
  };
}

export interface Ownership {
  readonly project: string;
  readonly environment: string;
  readonly service: string;
  readonly slot: number;
  readonly release: string;
  readonly spec: string;
}

/** Whose a container is by its labels; undefined where it is not ours, and so not ours to touch. */
export function ownership(labels: Readonly<Record<string, string>>): Ownership | undefined {
  const project = labels[labelKeys.project];
  const environment = labels[labelKeys.environment];
  const service = labels[labelKeys.service];
  const slot = labels[labelKeys.slot];
  const release = labels[labelKeys.release];
  const spec = labels[labelKeys.spec];
  if (project === undefined || environment === undefined || service === undefined) return undefined;
  if (release === undefined || spec === undefined) return undefined;
  if (slot === undefined || !/^[1-9]\d{0,3}$/.test(slot)) return undefined;
  return { project, environment, service, slot: Number(slot), release, spec };
}
