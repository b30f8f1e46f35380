// A plan as text: hosts with the same changes stand together, each step with its reason. Values of
// env entries appear only where the master has told them as what changes.

import type { HostPlanView, PlanView } from '../../api/contract.ts';
import { differenceLines } from './differences.ts';
import { heading } from './heading.ts';
import { stepLines } from './steps.ts';
import type { Style } from './style.ts';
import { cut, harmless, listed, plural, wrap } from './text.ts';
import { duration } from './time.ts';

export interface Page {
  readonly width: number;
  readonly style: Style;
}

export function planText(plan: PlanView, page: Page): string {
  const named = plan.removes ? { ...plan, images: [] } : plan;
  const lines = [heading(named, page.width, page.style), ''];
  for (const group of groups(plan.hosts)) lines.push(...groupLines(group, page), '');
  if (plan.batches.length > 0 && changed(plan).length > 0) lines.push(...batchLines(plan, page));
  for (const warning of plan.warnings) lines.push(...warningLines(warning, page));
  lines.push(...wrap(summary(plan, page.style), page.width));
  return lines.join('\n');
}

/** One sentence: what the plan comes to. */
export function summary(plan: PlanView, style: Style): string {
  const change = changed(plan).length;
  const count = (state: HostPlanView['state']): number =>
    plan.hosts.filter((host) => host.state === state).length;
  const problems = plan.hosts.flatMap((host) => host.problems).length;
  const parts = [
    ...(count('in-sync') > 0 ? [`${count('in-sync')} in sync`] : []),
    ...(count('offline') > 0 ? [`${count('offline')} offline`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} not known`] : []),
  ];
  if (problems > 0) return style.bad(`Not possible: ${plural(problems, 'problem')} to mend first.`);
  if (change === 0) return nothing(plan, parts, style);
  const what = plan.removes ? 'Plan: remove all of it from' : 'Plan:';
  const to = plan.removes ? '' : ' to change';
  const title = style.bold(`${what} ${plural(change, 'host')}${to}`);
  return `${title}${[''].concat(parts).join(', ')}${gapWords(plan)}.`;
}

function gapWords(plan: PlanView): string {
  if (plan.removes) return '';
  const switches = plan.hosts.flatMap((host) => host.switches);
  const longest = switches.reduce<Gap | undefined>(
    (most, each) => (each.gapMs > (most?.gapMs ?? 0) ? each : most),
    undefined,
  );
  return longest === undefined ? '; no predicted gap' : `; predicted gap ${gapText(longest)}`;
}

type Gap = Pick<HostPlanView['switches'][number], 'gapMs' | 'measured'>;

/** What was measured is told as it was; what was not is only the least that a switch takes. */
const gapText = ({ gapMs, measured }: Gap): string =>
  measured === true
    ? `about ${duration(gapMs)}, as last time`
    : `at least ${duration(gapMs)}, and what the new one needs to start`;

function nothing(plan: PlanView, parts: readonly string[], style: Style): string {
  if (plan.hosts.every((host) => host.state === 'in-sync')) {
    const hosts = plan.hosts.length === 1 ? '1 host runs' : `${plan.hosts.length} hosts run`;
    if (plan.removes) return style.good('Nothing to do: nothing of it runs any more.');
    return style.good(`Nothing to do: ${hosts} release ${harmless(plan.release)} already.`);
  }
  return style.warn(`Nothing to do on the hosts that answered: ${parts.join(', ')}.`);
}

const changed = (plan: PlanView): readonly HostPlanView[] =>
  plan.hosts.filter((host) => host.state === 'changes');

/** Hosts whose plans read the same, in the order of the first of each. */
function groups(hosts: readonly HostPlanView[]): readonly (readonly HostPlanView[])[] {
  const found = new Map<string, HostPlanView[]>();
  for (const host of hosts) {
    const { state, steps, changes, problems, fault } = host;
    // How long each was gone last time is not a difference of what is done.
    const switches = host.switches.map(({ service, slot, order }) => [service, slot, order]);
    const key = JSON.stringify({
      state,
      steps,
      changes,
      switches,
      problems,
      fault: fault?.message,
    });
    const group = found.get(key);
    if (group === undefined) found.set(key, [host]);
    else group.push(host);
  }
  return [...found.values()];
}

function groupLines(group: readonly HostPlanView[], page: Page): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = listed(
    group.map((host) => harmless(host.host)),
    8,
  );
  const title = cut(names, Math.max(8, page.width - 22));
  const { style } = page;
  switch (first.state) {
    case 'in-sync':
      return [`${style.good('✓')} ${style.bold(title)}  in sync`];
    case 'offline':
      return [
        first.fault?.code === 'DOCKER_DOWN'
          ? `${style.warn('–')} ${style.bold(title)}  Docker is down, its plan is not known`
          : `${style.warn('–')} ${style.bold(title)}  offline, its plan is not known`,
      ];
    case 'unknown':
      return [
        `${style.warn('?')} ${style.bold(title)}  not known`,
        ...wrap(harmless(first.fault?.message ?? 'it did not answer'), page.width - 4).map(
          (line) => `    ${line}`,
        ),
      ];
    case 'changes':
      return changeLines({ ...first, switches: longestGaps(group) }, title, page);
  }
}

/** Of hosts that are shown together each gap is that of the one that was away longest. */
const longestGaps = (group: readonly HostPlanView[]): HostPlanView['switches'] =>
  (group[0]?.switches ?? []).map((each, at) =>
    group
      .flatMap(({ switches }) => switches[at] ?? [])
      .reduce((most, other) => (other.gapMs > most.gapMs ? other : most), each),
  );

function changeLines(host: HostPlanView, title: string, page: Page): string[] {
  const { style } = page;
  const lines = [`${style.busy('~')} ${style.bold(title)}  ${plural(host.steps.length, 'step')}`];
  for (const change of host.changes) lines.push(...differenceLines(change, page));
  for (const step of host.steps) lines.push(...stepLines(step, page));
  for (const each of host.switches) {
    const words = wrap(switchWords(each), page.width - 4);
    lines.push(...words.map((line) => `    ${style.dim(line)}`));
  }
  for (const problem of host.problems) {
    const text = harmless(`${problem.code} ${problem.service}: ${problem.message}`);
    lines.push(...wrap(text, page.width - 6).map((line) => `    ${style.bad(`! ${line}`)}`));
  }
  return lines;
}

function switchWords(each: HostPlanView['switches'][number]): string {
  const name = harmless(each.service);
  switch (each.order) {
    case 'start-first':
      return `${name}: the new one answers before the old one stops, no gap`;
    case 'stop-first':
      return `${name}: the old one stops first, without an answer for ${gapText(each)}`;
    case 'first-start':
      return `${name}: starts for the first time`;
    case 'removal':
      return `${name}: is removed`;
  }
}

function batchLines(plan: PlanView, page: Page): string[] {
  const shown = plan.batches.map((batch) => listed(batch.map(harmless), 4));
  const words = plan.batches.length === 1 ? 'In one batch' : `In ${plan.batches.length} batches`;
  return wrap(`${words}: ${shown.join(' → ')}`, page.width);
}

const warningLines = (warning: string, page: Page): string[] =>
  wrap(harmless(warning), page.width - 9).map(
    (line, index) => `${page.style.warn(index === 0 ? 'warning: ' : '         ')}${line}`,
  );
