// A container that Docker cannot start any more: it was killed while it started this one, and containerd
// still has the half-made task of the same id, or runs it already while Docker knows nothing of that
// (Docker 20.10). Only another id, so a new container, starts.

import { Fault } from '../../states/faults.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { containerName, labelsOf } from '../../states/naming.ts';
import { firstNetwork } from '../../states/networks.ts';
import type { Engine } from '../engine/engine.ts';
import type { Performing } from './perform.ts';

interface Start {
  readonly container: string;
  readonly spec: ContainerSpec;
}

/** Starts it; one that only a stale task keeps from starting is made anew. */
export async function startOrRemake(
  { container, spec }: Start,
  { engine, state, tell, tally }: Performing,
): Promise<void> {
  // On the way back without a journal the spec is that of another container: nothing of it belongs there.
  if (containerName({ ...state, spec }) !== container) return engine.start(container);
  try {
    await startWith({ container, spec }, engine);
    return;
  } catch (error) {
    if (!isStaleTask(error)) throw error;
  }
  tell({ phase: 'creating', service: spec.service, detail: `${container} anew, Docker lost it` });
  await engine.remove(container);
  tally.created.add(container);
  const labels = labelsOf(state, spec);
  await engine.create({ name: container, spec, labels, network: firstNetwork(spec, state) });
  tally.writes += 2;
  await startWith({ container, spec }, engine);
}

/**
 * Before each start its files are put there and its other networks joined, which Docker gives it only
 * one by one: who was ended after the making has not done that yet.
 */
export async function startWith(
  { container, spec }: Start,
  engine: Pick<Engine, 'connect' | 'put' | 'start'>,
): Promise<void> {
  for (const joined of spec.networks?.slice(1) ?? []) await engine.connect(container, joined);
  if (spec.configs !== undefined) await engine.put(container, spec.configs);
  await engine.start(container);
}

const isStaleTask = (error: unknown): boolean =>
  error instanceof Fault &&
  /^task [0-9a-f]{64}: already exists|^id already in use$/.test(error.data.message);
