// A test that is a command run in the service's own container.

import type { Tested } from '../../protocol/test-schema.ts';
import { fault } from '../../states/faults.ts';
import type { TestRequest } from '../../states/test-request.ts';
import type { Engine } from '../engine/engine.ts';
import { newestOf } from '../newest.ts';
import { lastWords } from './container.ts';
import type { TestRun } from './run-test.ts';
import { endWords, shortened, verdictOf } from './verdict.ts';

type ExecTest = Extract<TestRequest, { readonly kind: 'exec' }>;

/** Docker's and the shell's way to say that there was nothing to run. */
const notBegun = 126;

export async function execTest(engine: Engine, request: ExecTest, run: TestRun): Promise<Tested> {
  const { call, output, signal, onLine } = run;
  const { timeoutMs, environment } = call;
  const { service, command } = request;
  const container = await newestOf(engine, { environment, service });
  if (container?.status !== 'running') {
    throw fault('CONTAINER_EXITED', `no container of ${service} runs on this host`);
  }
  const begun = performance.now();
  const ran = await engine.exec(container.name, command, { timeoutMs, signal, onLine });
  const durationMs = performance.now() - begun;
  if (ran.exitCode === notBegun) throw fault('CONTAINER_COMMAND', ran.output.trim());
  const end = { exitCode: ran.exitCode, timedOut: ran.exitCode < 0, timeoutMs };
  const verdict = verdictOf(end);
  const said = verdict === 'passed' ? [] : lastWords(output);
  return {
    verdict,
    detail: shortened([endWords(end), ...said].join('; ')),
    durationMs,
    exitCode: end.timedOut ? null : ran.exitCode,
    counts: null,
    output: output.kept(),
  };
}
