// What the master asks of a host and waits for: nothing of it changes anything.

import type { Answer, Call } from '../protocol/messages.ts';
import { fault } from '../states/faults.ts';
import { ownership } from '../states/naming.ts';
import { plan } from '../states/plan.ts';
import type { Plan } from '../states/step.ts';
import type { EngineContainer } from './engine/engine.ts';
import type { Held } from './journal/held.ts';
import { look, type Tools } from './reconcile/converge.ts';
import { clip } from './reconcile/evidence.ts';
import { runningOf } from './reconcile/running.ts';

export async function answerCall(tools: Tools, held: Held, call: Call): Promise<unknown> {
  switch (call.verb) {
    case 'ping':
      return { now: tools.world.now() } satisfies Answer<'ping'>;
    case 'plan':
      return planned(tools, held, call);
    case 'logs':
      return logs(tools, call);
  }
}

type Of<V extends Call['verb']> = Extract<Call, { readonly verb: V }>;

async function planned(tools: Tools, held: Held, { state }: Of<'plan'>): Promise<Planned> {
  const observed = await look(tools, state);
  const known = held.environments.get(state.environment);
  const states = [state, known?.good?.state, known?.running?.state];
  return { ...plan(state, observed), running: runningOf(observed, states) };
}

type Planned = Plan & Pick<Answer<'plan'>, 'running'>;

/** Longer lines than the wire takes are cut. */
const lineCharsMax = 8_000;

async function logs(
  { engine }: Tools,
  { environment, service, lines }: Of<'logs'>,
): Promise<Answer<'logs'>> {
  const own = (await engine.containers()).filter(({ labels }) => {
    const owner = ownership(labels);
    return owner?.environment === environment && owner.service === service;
  });
  const [newest] = own.sort(runningFirst);
  if (newest === undefined) {
    throw fault('UNKNOWN_NAME', `no container of ${service} in ${environment} on this host`);
  }
  const found = await engine.logs(newest.name, lines);
  return { lines: found.map((line) => clip(line, lineCharsMax)) };
}

const runningFirst = (one: EngineContainer, other: EngineContainer): number =>
  Number(other.status === 'running') - Number(one.status === 'running') ||
  other.createdAt - one.createdAt;
