// One run of a test on this host. Every kind begins here, so whoever asks whether it may be run on this
// host at all asks in `runTest`.

import type { Call } from '../../protocol/messages.ts';
import type { Tested } from '../../protocol/test-schema.ts';
import type { World } from '../../protocol/world.ts';
import type { Say } from '../calls.ts';
import type { Engine } from '../engine/engine.ts';
import type { OneShots } from '../one-shot.ts';
import { refuseTest, type HostPolicy } from '../policy.ts';
import { containerTest } from './container.ts';
import { execTest } from './exec.ts';
import { httpTest } from './http.ts';
import { Live } from './live.ts';
import { Output } from './output.ts';
import { errored } from './verdict.ts';

export type TestCall = Extract<Call, { readonly verb: 'test' }>;

interface TestTools {
  readonly engine: Engine;
  readonly world: World;
  readonly shots: OneShots;
  readonly policy: HostPolicy;
}

export interface TestRun {
  readonly call: TestCall;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** What the test says is the answer, and that it could not be made is one too. */
export async function runTest(
  tools: TestTools,
  call: TestCall,
  { signal, say }: { readonly signal: AbortSignal; readonly say: Say },
): Promise<Tested> {
  const output = new Output();
  const live = new Live(say);
  const onLine = (line: string): void => {
    output.add(line);
    live.add(line);
  };
  const begun = performance.now();
  try {
    return await carryOut(tools, { call, output, signal, onLine });
  } catch (error) {
    signal.throwIfAborted();
    return errored(error, output, performance.now() - begun);
  } finally {
    live.flush();
  }
}

async function carryOut(
  { engine, world, shots, policy }: TestTools,
  run: TestRun,
): Promise<Tested> {
  const { request } = run.call;
  await refuseTest(request, policy);
  switch (request.kind) {
    case 'http':
      return httpTest(world, request, run);
    case 'container':
      return containerTest(shots, request, run);
    case 'exec':
      return execTest(engine, request, run);
  }
}
