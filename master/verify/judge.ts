// What the hosts said of one test, as one verdict with its evidence. Pure.

import type { Tested } from '../../protocol/test-schema.ts';
import type { Evidence } from '../pipeline/record.ts';
import type { Verdict } from '../pipeline/events.ts';
import { plural } from '../words.ts';

export interface HostTested {
  readonly host: string;
  readonly tested: Tested;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
}

/** The first that some host says is that of all: as the pipeline weighs the tests of a stage. */
const weights = ['failed', 'inconclusive', 'errored', 'passed'] as const;

export function judge(results: readonly HostTested[], output: string): Judged {
  const verdict = weights.find((each) => results.some(({ tested }) => tested.verdict === each));
  const same = results.filter(({ tested }) => tested.verdict === verdict);
  const [first] = same;
  if (verdict === undefined || first === undefined) throw new Error('a test that nobody ran');
  const { host, tested } = first;
  const some = same.length < results.length ? `${same.length} of ` : '';
  const more = results.length > 1 ? ` (${some}${plural(results.length, 'host')})` : '';
  return {
    verdict,
    evidence: {
      detail: `${results.length > 1 ? `${host}: ` : ''}${tested.detail}${more}`,
      durationMs: Math.round(Math.max(...results.map(({ tested: each }) => each.durationMs))),
      exitCode: tested.exitCode,
      host,
      output,
      counts: sum(results),
    },
  };
}

/** It could not even be begun. */
export const couldNot = (detail: string): Judged => ({
  verdict: 'errored',
  evidence: { detail, durationMs: 0, exitCode: null, host: null, output: null, counts: null },
});

function sum(results: readonly HostTested[]): Evidence['counts'] {
  const all = results.map(({ tested }) => tested.counts).filter((counts) => counts !== null);
  if (all.length === 0) return null;
  const of = (key: 'tests' | 'failures' | 'skipped'): number =>
    all.reduce((total, counts) => total + counts[key], 0);
  return { tests: of('tests'), failures: of('failures'), skipped: of('skipped') };
}
