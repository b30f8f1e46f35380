// Which services run on which hosts of an environment, as the containers they are to be there.

import { rememberPlaces } from './conflicts.ts';
import { makeContainer, makeJob } from './container.ts';
import { defaults } from './defaults.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { ReleaseId, ServiceName } from './ids.ts';
import { noVersion } from './load-versions.ts';
import type { ContainerSpec, InventoryHost, JobSpec, PinnedImage } from './model.ts';
import { checkService, keyPlaceAt, type CheckedService } from './place-services.ts';
import { written } from './schema/service-checks.ts';
import { makeScope, type Scope, type Surroundings } from './scope.ts';
import { matches } from './selector.ts';
import { filesOf } from './service-files.ts';
import { positionOf } from './source-text.ts';
import type { Environment, PlacedService, States } from './states.ts';

interface Ground {
  readonly states: States;
  readonly environment: Environment;
  readonly images: readonly PinnedImage[];
  readonly release: ReleaseId;
}

interface Running {
  readonly containers: ReadonlyMap<InventoryHost, readonly ContainerSpec[]>;
  /** Of every host that could run them. */
  readonly jobs: ReadonlyMap<InventoryHost, readonly JobSpec[]>;
  /** Services that run on at least one host. */
  readonly used: ReadonlySet<PlacedService>;
  readonly diagnostics: readonly Diagnostic[];
}

export function containersOf(ground: Ground, hosts: readonly InventoryHost[]): Running {
  const containers = new Map<InventoryHost, readonly ContainerSpec[]>();
  const jobs = new Map<InventoryHost, readonly JobSpec[]>();
  const used = new Set<PlacedService>();
  const diagnostics: Diagnostic[] = [];
  const make = containerMaker(ground);
  for (const host of hosts) {
    const specs: ContainerSpec[] = [];
    const own: JobSpec[] = [];
    for (const service of ground.environment.services.values()) {
      if (!matches(service.targets, host)) continue;
      used.add(service);
      const made = make(service, host);
      specs.push(...made.specs);
      own.push(...made.jobs);
      diagnostics.push(...made.diagnostics);
    }
    jobs.set(host, own);
    const here = new Set(specs.map(({ service }) => service));
    containers.set(
      host,
      specs.map((spec) => needingOnly(spec, here)),
    );
  }
  return { containers, jobs, used, diagnostics };
}

/** What is needed and does not run on this host is not waited for; that is warned of. */
function needingOnly(spec: ContainerSpec, here: ReadonlySet<ServiceName>): ContainerSpec {
  const needs = spec.needs.filter((name) => here.has(name));
  return needs.length === spec.needs.length ? spec : { ...spec, needs };
}

interface Made {
  /** One for each of its instances. */
  readonly specs: readonly ContainerSpec[];
  readonly jobs: readonly JobSpec[];
  readonly diagnostics: readonly Diagnostic[];
}

const wrong = (diagnostics: readonly Diagnostic[]): Made => ({ specs: [], jobs: [], diagnostics });

/** What says the same on every host is made once. */
function containerMaker(ground: Ground): (service: PlacedService, host: InventoryHost) => Made {
  const around = surroundings(ground);
  const shared = new Map<PlacedService, Made>();
  return (service, host) => {
    const known = shared.get(service);
    if (known !== undefined) return known;
    const checked = checkService(service.tree, around, host);
    const scope = makeScope({ ...around, host });
    const made =
      'diagnostics' in checked
        ? wrong(checked.diagnostics)
        : specsOf(service, { ...checked, scope }, ground);
    if (checked.usedHost !== true && !scope.usedHost) shared.set(service, made);
    return made;
  };
}

function surroundings({
  environment,
  images,
  states,
  release,
}: Ground): Omit<Surroundings, 'host'> {
  const pinned = images.map(({ name, repository, digest }) => [name, `${repository}@${digest}`]);
  const references = new Map(pinned.map(([name = '', reference]) => [name, reference]));
  return {
    environment: environment.name,
    vars: environment.vars,
    services: new Map([...environment.services].map(([name, { tree }]) => [name, tree])),
    images: new Map([...states.images.keys()].map((name) => [name, references.get(name)])),
    release,
  };
}

function specsOf(
  placed: PlacedService,
  checked: Extract<CheckedService, { open: boolean }> & { readonly scope: Scope },
  { states, environment, images }: Ground,
): Made {
  const { service, scope } = checked;
  const image = images.find(({ name }) => name === service.image);
  if (image === undefined) return wrong([noVersion(environment.name, placed)]);
  const files = filesOf({ tree: placed.tree, service, files: states.files, scope });
  if (files.diagnostics.length > 0) return wrong(files.diagnostics);
  if (checked.open || files.open) {
    const message = `service ${placed.name} refers to an image that has no version here`;
    const hint = `add it to versions/${environment.name}.yaml`;
    return wrong([{ ...placed.at, message, hint }]);
  }
  const minHealthy = environment.rollout.min_healthy ?? service.rollout?.min_healthy;
  const of = {
    ...{ name: placed.name, service, image, files, at: placed.at },
    prefix: `${states.project}-${environment.name}`,
    minHealthyMs: minHealthy ?? written(defaults.rollout.min_healthy),
  };
  const specs = Array.from({ length: service.instances ?? 1 }, (_, index) =>
    makeContainer({ ...of, slot: index + 1 }),
  );
  const jobs = Object.entries(service.jobs ?? {}).map(([name, job]) => {
    const at = positionOf(keyPlaceAt(placed.tree, ['jobs', name]));
    return makeJob({ ...of, at }, name, job);
  });
  for (const spec of specs) rememberPlaces(spec, service.ports ?? [], placed.tree);
  return { specs, jobs, diagnostics: [] };
}
