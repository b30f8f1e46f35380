// What runs to its end before anything is switched, and what of it is left over. Jobs are no part of
// holding a state true: they run when a release comes, and never because a record of one was lost.

import type { HostState, JobSpec } from '../model.ts';
import { jobContainerName } from '../naming.ts';
import type { Observed, ObservedJob } from '../observed.ts';
import type { Step } from '../step.ts';
import { unwanted, whyBeyond } from './reasons.ts';

/** In their order. `changes`: there is something else to do, so that this is an apply at all. */
export function jobSteps(desired: HostState, observed: Observed, changes: boolean): Step[] {
  const done = new Set((observed.jobs ?? []).flatMap((job) => (job.done ? [job.container] : [])));
  return (desired.jobs ?? []).flatMap((job) => {
    const container = jobContainerName(desired, job);
    const due = job.once === 'per-apply' ? changes : !done.has(container);
    return due
      ? [{ do: 'run-job', container, service: job.service, job, reason: whyRun(job) }]
      : [];
  });
}

const whyRun = ({ name, once }: JobSpec): string =>
  `job ${name}, ${once === 'per-apply' ? 'with every change' : 'once for this release'}`;

/**
 * Of services that are no longer wanted all; of the others what is older than going back reaches. One that
 * runs is let run: a migration broken off half-way is worse than a container that is left until later.
 */
export function removeJobs(desired: HostState, observed: Observed): Step[] {
  const kept = new Map(
    desired.containers.map(({ service, retain }) => [service as string, retain]),
  );
  const wanted = new Set((desired.jobs ?? []).map((job) => jobContainerName(desired, job)));
  const seen = new Map<string, number>();
  return [...(observed.jobs ?? [])].sort(latestFirst).flatMap((job): Step[] => {
    const { container, service } = job;
    if (wanted.has(container) || job.running) return [];
    const retain = kept.get(service);
    const rank = seen.get(jobKeyOf(job)) ?? 0;
    seen.set(jobKeyOf(job), rank + 1);
    if (retain !== undefined && rank < retain) return [];
    const reason = retain === undefined ? unwanted : whyBeyond(retain);
    return [{ do: 'remove', container, service, reason }];
  });
}

const jobKeyOf = ({ service, name }: ObservedJob): string => `${service} ${name}`;

const latestFirst = (one: ObservedJob, other: ObservedJob): number =>
  other.createdAt - one.createdAt || (one.container < other.container ? -1 : 1);
