// Before an old container is stopped: it is asked until it says that it has nothing left to do, or its
// time is over. It goes on serving meanwhile.

import type { Drain } from '../../states/model.ts';
import { firstNetwork } from '../../states/networks.ts';
import { probe } from '../probe.ts';
import type { Performing } from './perform.ts';

export interface Draining {
  readonly container: string;
  readonly service: string;
  readonly drain: Drain;
}

/** Throws a fault of the Engine, or the signal's reason. */
export async function drained(
  { container, service, drain }: Draining,
  { engine, world, signal, state, tell }: Performing,
): Promise<void> {
  const wanted = state.containers.find((each) => each.service === service);
  if (wanted === undefined) return;
  // The published port may be the new one's by now, so only its own address is asked.
  const spec = { ...wanted, healthcheck: drain.probe, ports: [] };
  const deadline = world.now() + drain.timeoutMs;
  let said = '';
  for (;;) {
    const detail = await engine.inspect(container);
    if (detail?.status !== 'running') return;
    // The old one may have been in others than the new one is.
    const network = Object.keys(detail.addresses)[0] ?? firstNetwork(spec, state);
    const asked = { name: container, spec, network, detail };
    const { ok, words } = await probe(engine, asked, signal);
    if (ok || world.now() >= deadline) return;
    if (words !== said) tell({ phase: 'draining', service, detail: words });
    said = words;
    const left = Math.max(1, deadline - world.now());
    await world.sleep(Math.min(drain.probe.intervalMs, left), signal);
  }
}
