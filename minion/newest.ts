// Which of a service's containers is meant where one is: one that runs, else the newest.

import { ownership } from '../states/naming.ts';
import type { Engine, EngineContainer } from './engine/engine.ts';

export async function newestOf(
  engine: Engine,
  of: { readonly environment: string; readonly service: string },
): Promise<EngineContainer | undefined> {
  const own = (await engine.containers()).filter(({ labels }) => {
    const owner = ownership(labels);
    return owner?.environment === of.environment && owner.service === of.service;
  });
  return own.sort(runningFirst)[0];
}

const runningFirst = (one: EngineContainer, other: EngineContainer): number =>
  Number(other.status === 'running') - Number(one.status === 'running') ||
  other.createdAt - one.createdAt;
