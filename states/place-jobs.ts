// Which host runs which job: each host its own, and one of them those that run on one host.

import { groupBy } from './group-by.ts';
import type { InventoryHost, JobSpec } from './model.ts';

const jobKey = ({ service, name }: Pick<JobSpec, 'service' | 'name'>): string =>
  `${service} ${name}`;

/** Of the hosts in their order the first that is preferred, or the first of all. */
export function placeJobs(
  jobs: ReadonlyMap<InventoryHost, readonly JobSpec[]>,
  preferred: ReadonlySet<string>,
): ReadonlyMap<InventoryHost, readonly JobSpec[]> {
  const able = [...jobs].flatMap(([host, own]) =>
    own.filter(({ on }) => on === 'one-host').map((job) => ({ host, key: jobKey(job) })),
  );
  const chosen = new Map(
    [...groupBy(able, ({ key }) => key)].map(([key, all]) => [
      key,
      (all.find(({ host }) => preferred.has(host.id)) ?? all[0])?.host,
    ]),
  );
  return new Map(
    [...jobs].map(([host, own]) => [
      host,
      own.filter((job) => job.on === 'each-host' || chosen.get(jobKey(job)) === host),
    ]),
  );
}
