// A port that Docker lost. It books the ports of a container before it notes where they belong: when it
// crashes in between, it books them once more at its next start, for nothing, and no call frees them —
// not the removal of the container or of the network (Docker 20.10; moby/libnetwork#1790). Only one more
// start of Docker does, and that is a person's to give: it may stop everything on the host.

import { Fault } from '../../states/faults.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { backoffMs } from '../keep/backoff.ts';
import type { Performing } from './perform.ts';

interface Start {
  readonly container: string;
  readonly spec: ContainerSpec;
}

type Starting = Pick<Performing, 'world' | 'signal' | 'tell' | 'patient'> & {
  readonly engine: Pick<Performing['engine'], 'start'>;
};

const again = { minMs: 500, maxMs: 5_000 };
/** The `progress` of a rollout is this where none is given; a newer desire ends the wait sooner. */
const patienceMs = 600_000;

/**
 * Starts it, and where only a stale port is in the way starts it again and again: what ran before needs
 * that port as a rule, and the way back is no better.
 */
export async function startPatiently(
  { container, spec }: Start,
  { engine, world, signal, tell, patient }: Starting,
): Promise<void> {
  const deadline = world.now() + (patient === true ? patienceMs : 0);
  for (let tries = 0; ; tries += 1) {
    try {
      await engine.start(container);
      return;
    } catch (error) {
      const waitMs = backoffMs(tries, world.random(), again);
      if (!isStale(error) || world.now() + waitMs > deadline) throw error;
      tell({ phase: 'waiting', service: spec.service, detail: error.data.message });
      await world.sleep(waitMs, signal);
    }
  }
}

const isStale = (error: unknown): error is Fault =>
  error instanceof Fault && error.data.code === 'PORT_STALE';
