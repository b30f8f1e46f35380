// What the Engine's lists say of one environment. Four lists at once, and nothing asked per container:
// what only a probe can tell is handed in by who probes.

import { groupBy } from '../states/group-by.ts';
import type { HostState, PinnedImage } from '../states/model.ts';
import { containerName, jobContainerName, labelKeys, ownership } from '../states/naming.ts';
import { networksOf } from '../states/networks.ts';
import type { Observed, ObservedContainer, ObservedJob } from '../states/observed.ts';
import type { Engine, EngineContainer, EngineImage } from './engine/engine.ts';

export type Health = ObservedContainer['health'];

/** Health of a running container that carries this environment's labels. */
type HealthOf = (container: EngineContainer) => Health | Promise<Health>;

export async function observe(
  engine: Engine,
  state: HostState,
  healthOf: HealthOf,
): Promise<Observed> {
  const [containers, images, networks, volumes] = await Promise.all([
    engine.containers(),
    engine.images(),
    engine.networks(),
    engine.volumes(),
  ]);
  const own = containers.filter((container) => belongs(container, state));
  const [health, ends, graces, jobs] = await Promise.all([
    healthOfRunning(own, healthOf),
    endsOf(engine, own, state),
    gracesOf(engine, own, state),
    jobsOf(engine, containers, state),
  ]);
  const imageOf = imageNames(images, state);
  const joined = joinedBy(state);
  return {
    containers: own.flatMap((container) => {
      const owner = ownership(container.labels);
      if (owner === undefined) return [];
      const { id, name, status, hostPorts, createdAt, imageId, addresses } = container;
      const should = joined.get(name) ?? [state.network];
      const detached =
        status === 'running' && should.some((network) => addresses[network] === undefined);
      const { service, slot, spec, release } = owner;
      const stoppedAt = ends.get(id);
      const stopTimeoutMs = graces.get(id);
      return {
        ...{ id, name, service, slot, spec, release, status, hostPorts, createdAt },
        image: imageOf(imageId),
        health: health.get(id) ?? 'unknown',
        ...(stoppedAt === undefined ? {} : { stoppedAt }),
        ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
        ...(inOthers(container, state) ? { networks: container.networks } : {}),
        ...(detached ? { detached } : {}),
      };
    }),
    ...{ networks, volumes },
    ...(jobs.length > 0 && { jobs }),
    images: images.flatMap(({ digests }) => digests),
    ...othersOf(containers.filter((container) => !belongs(container, state))),
  };
}

/** Of containers that are in others than the environment's own network: name → those it should be in. */
const joinedBy = (state: HostState): ReadonlyMap<string, readonly string[]> =>
  new Map(
    state.containers
      .filter(({ networks }) => networks !== undefined)
      .map((spec) => [containerName({ ...state, spec }), networksOf(spec, state)]),
  );

const inOthers = ({ networks }: EngineContainer, { network }: HostState): boolean =>
  networks.some((each) => each !== network);

/** Whether its labels say that it is of this environment. */
function belongs(
  { labels }: Pick<EngineContainer, 'labels'>,
  { project, environment }: Pick<HostState, 'project' | 'environment'>,
): boolean {
  const owner = ownership(labels);
  return owner?.project === project && owner.environment === environment;
}

async function healthOfRunning(
  own: readonly EngineContainer[],
  healthOf: HealthOf,
): Promise<ReadonlyMap<string, Health>> {
  const running = own.filter(({ status }) => status === 'running');
  const asked = running.map(async (each) => [each.id, await healthOf(each)] as const);
  return new Map(await Promise.all(asked));
}

/**
 * When those ended that are no longer wanted, where more of them are there than are kept: only then
 * does their order matter, and the list alone does not tell it.
 */
async function endsOf(
  engine: Engine,
  own: readonly EngineContainer[],
  state: HostState,
): Promise<ReadonlyMap<string, number>> {
  const kept = new Map(
    state.containers.map((spec) => [`${spec.service} ${spec.slot}`, spec.retain]),
  );
  const stopped = groupBy(own, ({ labels }) => {
    const owner = ownership(labels);
    return `${owner?.service} ${owner?.slot}`;
  });
  const crowded = [...stopped].filter(([place, all]) => all.length > (kept.get(place) ?? 0) + 1);
  const asked = crowded
    .flatMap(([, all]) => all.filter(({ status }) => status === 'exited'))
    .map(async ({ id }) => {
      const detail = await engine.inspect(id);
      return [id, detail?.finishedAt ?? 0] as const;
    });
  return new Map((await Promise.all(asked)).filter(([, at]) => at > 0));
}

/** How long those may take to stop that run and are no longer wanted: the state does not say any more. */
async function gracesOf(
  engine: Engine,
  own: readonly EngineContainer[],
  state: HostState,
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Set(state.containers.map(({ service, slot }) => `${service} ${slot}`));
  const gone = own.filter(({ status, labels }) => {
    const owner = ownership(labels);
    return (
      status === 'running' && owner !== undefined && !wanted.has(`${owner.service} ${owner.slot}`)
    );
  });
  const asked = gone.map(
    async ({ id }) => [id, (await engine.inspect(id))?.stopTimeoutMs] as const,
  );
  const found = await Promise.all(asked);
  return new Map(found.flatMap(([id, ms]) => (ms === undefined ? [] : [[id, ms] as const])));
}

/** Only of those that are wanted it is asked how they ended. */
async function jobsOf(
  engine: Engine,
  containers: readonly EngineContainer[],
  state: HostState,
): Promise<readonly ObservedJob[]> {
  const wanted = new Set((state.jobs ?? []).map((job) => jobContainerName(state, job)));
  const own = containers.filter(
    ({ labels }) =>
      labels[labelKeys.project] === state.project &&
      labels[labelKeys.environment] === state.environment &&
      labels[labelKeys.job] !== undefined,
  );
  const found = own.map(async ({ id, name: container, labels, status, createdAt }) => {
    const ended = wanted.has(container) && status === 'exited';
    const detail = ended ? await engine.inspect(id) : undefined;
    const { [labelKeys.of]: service = '', [labelKeys.job]: name = '' } = labels;
    const running = status === 'running';
    return { container, service, name, createdAt, running, done: detail?.exitCode === 0 };
  });
  return Promise.all(found);
}

/** The same bytes may be known by several names; the one that the state asks for is the right one. */
function imageNames(images: readonly EngineImage[], state: HostState): (imageId: string) => string {
  const wanted = new Set(state.containers.map(({ image }) => reference(image)));
  const names = new Map(
    images.map(({ id, digests }) => [
      id,
      digests.find((digest) => wanted.has(digest)) ?? digests[0] ?? '',
    ]),
  );
  return (imageId) => names.get(imageId) ?? '';
}

export const reference = ({ repository, digest }: PinnedImage): string => `${repository}@${digest}`;

function othersOf(others: readonly EngineContainer[]): Pick<Observed, 'taken' | 'foreignNames'> {
  const running = others.filter(({ status }) => status !== 'exited' && status !== 'created');
  return {
    taken: running.flatMap(({ name, hostPorts }) =>
      hostPorts.map((port) => ({ container: name, ...port })),
    ),
    foreignNames: others.map(({ name }) => name),
  };
}
