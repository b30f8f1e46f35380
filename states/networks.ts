// The networks of an environment: what they are called on a host, and which of them a container is in.

import type { ContainerSpec, HostState } from './model.ts';

/** What is written in a state → the full name; no environment's own name has a `_` in it. */
export const networkName = (own: string, name: string): string =>
  name === 'default' ? own : `${own}_${name}`;

/** Full names of those that a container is in. */
export const networksOf = (
  { networks }: Pick<ContainerSpec, 'networks'>,
  around: Pick<HostState, 'network'>,
): readonly string[] => networks?.map(({ network }) => network) ?? [around.network];

/** The one that it is made in and probed through. */
export const firstNetwork = (
  spec: Pick<ContainerSpec, 'networks'>,
  around: Pick<HostState, 'network'>,
): string => networksOf(spec, around)[0] ?? around.network;
