// One failure of one host with all its evidence: phase, last probe, exit code, memory, restarts, the
// container's last log lines, and the line of the state that asked for it.

import type { HostFailure } from '../../../protocol/messages.ts';
import type { Page } from './plan.ts';
import { cut, harmless, plural, wrap } from './text.ts';

export interface Failed {
  readonly host: string;
  readonly failure: HostFailure;
}

const logLinesShown = 8;

export function failureLines({ host, failure }: Failed, { style, width }: Page): string[] {
  const place = [host, failure.service, failedAt(failure)].filter((part) => part !== undefined);
  const title = harmless(place.join(' · '));
  const ended = endWords(failure);
  return [
    `${style.bad('✗')} ${style.bold(cut(title, width - 2))}`,
    ...wrap(harmless(failure.message), width - 4).map((line) => `    ${line}`),
    ...named('last probe', failure.probe, width),
    ...named('container', failure.container, width),
    ...named('ended', ended === '' ? undefined : ended, width),
    ...named('asked for by', position(failure), width),
    ...logLines(failure, { style, width }),
  ];
}

/** What it was doing, as what came of that. */
const failedAt = ({ phase }: HostFailure): string => failedWords[phase] ?? `while ${phase}`;

const failedWords: Readonly<Record<string, string>> = {
  pull: 'pull failed',
  create: 'could not be created',
  start: 'could not be started',
  healthy: 'not healthy',
  stop: 'could not be stopped',
  remove: 'could not be removed',
};

const named = (name: string, text: string | undefined, width: number): string[] =>
  text === undefined
    ? []
    : wrap(harmless(text), width - 17).map(
        (line, at) => `    ${(at === 0 ? name : '').padEnd(12)} ${line}`,
      );

function endWords(failure: HostFailure): string {
  return [
    ...(failure.exitCode === undefined ? [] : [`exit code ${failure.exitCode}`]),
    ...(failure.oomKilled === true ? ['killed for lack of memory (OOM)'] : []),
    ...(failure.restarts === undefined || failure.restarts === 0
      ? []
      : [plural(failure.restarts, 'restart')]),
  ].join(', ');
}

const position = ({ at }: HostFailure): string | undefined =>
  at === undefined ? undefined : `${at.file}:${at.line}:${at.column}`;

function logLines(failure: HostFailure, { style, width }: Page): string[] {
  const lines = failure.logs ?? [];
  if (lines.length === 0) return [];
  return [
    '    its last log lines',
    ...lines
      .slice(-logLinesShown)
      .map((line) => `    ${style.dim('│')} ${cut(harmless(line), width - 6)}`),
  ];
}
