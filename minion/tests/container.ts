// A test that is an image: run to its end in the environment's network, its exit code decides.

import type { Tested } from '../../protocol/test-schema.ts';
import type { TestRequest } from '../../states/test-request.ts';
import type { Ended, OneShots } from '../one-shot.ts';
import { clip } from '../reconcile/evidence.ts';
import type { Junit } from './junit.ts';
import type { Output } from './output.ts';
import type { TestRun } from './run-test.ts';
import { endWords, lastLineCharsMax, shortened, verdictOf } from './verdict.ts';

type ContainerTest = Extract<TestRequest, { readonly kind: 'container' }>;

export async function containerTest(
  shots: OneShots,
  request: ContainerTest,
  run: TestRun,
): Promise<Tested> {
  const { call, output, signal, onLine } = run;
  const { project, environment, network, test, timeoutMs } = call;
  const { spec, junit } = request;
  const ended = await shots.run(
    {
      ...{ project, environment, network, test, spec, timeoutMs, run: call.run },
      ...(junit !== undefined && { file: junit }),
    },
    { signal, onLine },
  );
  const report = junit === undefined ? undefined : await reportOf(junit, ended);
  const end = { ...ended, timeoutMs };
  const { exitCode, durationMs, timedOut } = ended;
  return {
    verdict: verdictOf(end),
    detail: shortened([endWords(end), ...detailOf(report, end, output)].join('; ')),
    durationMs,
    exitCode: timedOut ? null : exitCode,
    counts: typeof report === 'object' ? countsOf(report) : null,
    output: output.kept(),
  };
}

async function reportOf(path: string, { file }: Ended): Promise<Junit | string> {
  if (file === undefined) return `there is no JUnit file at ${path}`;
  // Only who needs it loads the parser.
  const { readJunit } = await import('./junit.ts');
  const read = readJunit(file);
  return typeof read === 'string' ? `the JUnit file at ${path} cannot be read: ${read}` : read;
}

const countsOf = ({ tests, failures, skipped }: Junit) => ({ tests, failures, skipped });

/** Which test failed is what people want to know; without a report the last line is the best guess. */
function detailOf(
  report: Junit | string | undefined,
  { exitCode, timedOut }: { exitCode: number; timedOut: boolean },
  output: Output,
): readonly string[] {
  const parts: string[] = [];
  if (typeof report === 'string') parts.push(report);
  if (typeof report === 'object') {
    const { tests, failures, failed } = report;
    const names = failed.length === 0 ? '' : `: ${failed.join(', ')}`;
    const more = failures > failed.length ? ` and ${failures - failed.length} more` : '';
    parts.push(failures > 0 ? `${failures} of ${tests} failed${names}${more}` : `${tests} passed`);
    if (failures > 0) return parts;
  }
  if (exitCode !== 0 || timedOut) parts.push(...lastWords(output));
  return parts;
}

export const lastWords = ({ last }: Output): readonly string[] =>
  last === '' ? [] : [clip(last, lastLineCharsMax)];
