// How a rollout ended, on one screen: the result in words, each failure with its evidence, what each
// host runs now, and what to do next.

import type { HostRolloutView, RolloutView } from '../../api/contract.ts';
import type { RolloutPhase } from '../../events.ts';
import { faults } from '../../../states/faults.ts';
import { failureLines, type Failed } from './failure.ts';
import { heading, imageWords } from './heading.ts';
import type { Page } from './plan.ts';
import { runsWords } from './runs.ts';
import { cut, harmless, listed, plural, wrap } from './text.ts';
import { duration } from './time.ts';

const failuresShown = 2;
const groupsShown = 8;

export function resultText(rollout: RolloutView, page: Page): string {
  if (rollout.phase === 'succeeded') return successLines(rollout, page).join('\n');
  return failedLines(rollout, page).join('\n');
}

function successLines(rollout: RolloutView, { style, width }: Page): string[] {
  const done = rollout.hosts.filter((host) => host.phase === 'done');
  const gap = Math.max(-1, ...done.map((host) => host.gapMs ?? -1));
  const images = imageWords(rollout.images);
  const runs =
    images === '' ? 'nothing any more' : `release ${harmless(rollout.release)} (${images})`;
  const parts = [
    `${harmless(rollout.environment)} runs ${runs}`,
    ` on ${plural(done.length, 'host')}, in ${took(rollout)}`,
    gap < 0 ? '' : `, longest gap ${duration(gap)}`,
  ];
  const [first = '', ...rest] = wrap(parts.join(''), width - 2);
  const lines = [`${style.good('✓')} ${first}`, ...rest.map((line) => `  ${line}`)];
  return [
    ...lines,
    ...missingLines(rollout, { style, width }),
    ...keptLines(rollout, { style, width }),
  ];
}

function missingLines(rollout: RolloutView, { style, width }: Page): string[] {
  const missing = namesIn(rollout, 'offline');
  if (missing.length === 0) return [];
  const text = `${plural(missing.length, 'host')} missing: ${listed(missing, 8)}; ${faults.HOSTS_MISSING.hint}`;
  return wrap(text, width - 2).map((line, at) => `${at === 0 ? style.warn('!') : ' '} ${line}`);
}

/** Failures within what the policy allows do not fail the rollout, but they are never passed over. */
function keptLines(rollout: RolloutView, page: Page): string[] {
  const failed = failures(rollout);
  if (failed.length === 0) return [];
  return ['', ...evidence(failed, page), ...nowLines(rollout, page)];
}

function failedLines(rollout: RolloutView, page: Page): string[] {
  const { style, width } = page;
  const title = `${harmless(rollout.environment)}: ${endings[rollout.phase]}`;
  const why = rollout.why === null ? [] : wrap(harmless(rollout.why), width - 2);
  return [
    `${style.bad('✗')} ${style.bold(cut(title, width - 2))}`,
    ...why.map((line) => `  ${line}`),
    `  ${style.dim(cut(`${rollout.id} · after ${took(rollout)}`, width - 2))}`,
    `  ${heading(rollout, width - 2, style)}`,
    '',
    ...evidence(failures(rollout), page),
    ...nowLines(rollout, page),
    '',
    style.bold('What to do next'),
    ...next(rollout).flatMap((text) =>
      wrap(text, width - 4).map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`),
    ),
  ];
}

const endings: Readonly<Record<RolloutPhase, string>> = {
  pulling: 'still pulling',
  'rolling-out': 'still rolling out',
  'rolling-back': 'still rolling back',
  succeeded: 'succeeded',
  'rolled-back': 'failed, and went back to what ran before',
  'rollback-failed': 'failed, and going back failed too',
  failed: 'failed, and was stopped where it stood',
  errored: 'could not be finished',
  aborted: 'was aborted',
};

function failures(rollout: RolloutView): readonly Failed[] {
  return rollout.hosts.flatMap((host) =>
    host.failures.map((failure) => ({ host: host.host, failure })),
  );
}

/** The first failures in full; of the same on other hosts, only the names. */
function evidence(failed: readonly Failed[], page: Page): string[] {
  const seen = new Map<string, Failed[]>();
  for (const each of failed) {
    const key = `${each.failure.code} ${each.failure.service ?? ''} ${each.failure.phase}`;
    seen.set(key, [...(seen.get(key) ?? []), each]);
  }
  const groups = [...seen.values()];
  const lines = groups.slice(0, failuresShown).flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const same = [...new Set(others.map((each) => harmless(each.host)))];
    const also = same.length > 0 ? [`  the same on ${listed(same, 6)}`] : [];
    return [...failureLines(first, page), ...also.map((line) => cut(line, page.width)), ''];
  });
  const left = groups.length - failuresShown;
  return left > 0 ? [...lines, `  and ${plural(left, 'other failure')}`, ''] : lines;
}

function nowLines(rollout: RolloutView, { style, width }: Page): string[] {
  const groups = new Map<string, string[]>();
  for (const host of rollout.hosts) {
    const words = nowWords(host);
    groups.set(words, [...(groups.get(words) ?? []), harmless(host.host)]);
  }
  if (groups.size === 0) return [];
  const lines = [...groups].slice(0, groupsShown).map(([words, names]) => {
    return cut(`  ${listed(names, 4)}: ${words}`, width);
  });
  const left = groups.size - groupsShown;
  const more = left > 0 ? [`  and ${plural(left, 'other state')}`] : [];
  return [style.bold('What each host runs now'), ...lines, ...more];
}

/** Of a host that nobody waits for any more only what it was doing is known. */
const unsettled: ReadonlySet<HostRolloutView['phase']> = new Set(['switching', 'reverting']);

function nowWords(host: HostRolloutView): string {
  if (unsettled.has(host.phase)) return `was ${host.phase}; see \`master status\` in a moment`;
  const runs = host.running.map((each) => runsWords(each, host.phase !== 'offline'));
  return `${runs.length > 0 ? runs.join(', ') : 'nothing known'} (${host.phase})`;
}

function next(rollout: RolloutView): readonly string[] {
  const codes = [...new Set(failures(rollout).map(({ failure }) => failure.code))];
  const hints = codes.slice(0, failuresShown).map((code) => `${faults[code].hint} (${code})`);
  return [...hints, ...afterwards(rollout)];
}

function afterwards(rollout: RolloutView): readonly string[] {
  const name = harmless(rollout.environment);
  const again = `mend it, commit, and run \`master apply ${name}\` again`;
  switch (rollout.phase) {
    case 'rolled-back':
      return [`${again}; until then the hosts run what ran before`];
    case 'rollback-failed': {
      const down = namesIn(rollout, 'down');
      return [...(down.length > 0 ? [`serving nothing: ${listed(down, 6)}`] : []), again];
    }
    case 'failed':
      return [`go back with \`master rollback ${name}\`, or ${again}`];
    case 'errored': {
      const missing = namesIn(rollout, 'offline');
      const who = missing.length > 0 ? `: ${listed(missing, 6)}` : '';
      return [`${faults.HOSTS_MISSING.hint}${who}`, `then run \`master apply ${name}\` again`];
    }
    case 'aborted':
      return [`go on with \`master apply ${name}\`, or back with \`master rollback ${name}\``];
    case 'succeeded':
    case 'pulling':
    case 'rolling-out':
    case 'rolling-back':
      return [`follow it with \`master watch ${name}\``];
  }
}

const namesIn = (rollout: RolloutView, phase: HostRolloutView['phase']): string[] =>
  rollout.hosts.filter((host) => host.phase === phase).map((host) => harmless(host.host));

const took = (rollout: RolloutView): string =>
  duration((rollout.endedAt ?? rollout.startedAt) - rollout.startedAt);
