// environments/*.yaml, each with the services as they are in it.

import { findCycle } from './cycle.ts';
import { defaults } from './defaults.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { StateFiles } from './files.ts';
import type { EnvironmentName, ServiceName } from './ids.ts';
import type { TestGround } from './pipeline.ts';
import { strangers, type KnownNames } from './names.ts';
import { rolloutPolicy } from './policy.ts';
import { placeAt, placeServices, type PlacedServices } from './place-services.ts';
import { check } from './schema/check.ts';
import { environmentSchema, type EnvironmentFile } from './schema/environment.ts';
import type { Raw } from './schema/kind.ts';
import type { Rollout } from './schema/rollout.ts';
import { written } from './schema/service-checks.ts';
import { positionOf, problemAt } from './source-text.ts';
import type { Environment, PlacedService } from './states.ts';
import { childOf, type MapTree } from './tree.ts';

export interface LoadedEnvironment {
  readonly environment: Omit<Environment, 'problems'>;
  readonly ground: TestGround;
}

export interface LoadedEnvironments {
  /** Only those that are right by themselves. */
  readonly environments: ReadonlyMap<string, LoadedEnvironment>;
  /** Services that stand in some environment just as their own file says. */
  readonly checked: ReadonlySet<MapTree>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Known extends KnownNames {
  readonly services: ReadonlyMap<ServiceName, MapTree | undefined>;
  readonly files: StateFiles;
}

export function loadEnvironments(
  trees: ReadonlyMap<string, MapTree | undefined>,
  known: Known,
): LoadedEnvironments {
  const environments = new Map<string, LoadedEnvironment>();
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<MapTree>();
  for (const [name, tree] of trees) {
    if (tree === undefined) continue;
    const overrides = childOf(tree, 'services');
    diagnostics.push(...strangers(overrides, known.services));
    const checked = check<EnvironmentFile>(environmentSchema, tree);
    if (!checked.ok) {
      diagnostics.push(...checked.diagnostics);
      continue;
    }
    const vars = new Map<string, Raw>(Object.entries<Raw>(checked.value.vars ?? {}));
    const { services: bases, images, files } = known;
    const placed = placeServices({ environment: name, vars, images, bases, files, overrides });
    placed.checked.forEach((each) => seen.add(each));
    const rollout = checked.value.rollout ?? {};
    diagnostics.push(
      ...placed.diagnostics,
      ...needsProblems(name, placed),
      ...drainProblems(rollout, [...placed.services.values()]),
    );
    environments.set(name, {
      environment: {
        name: name as EnvironmentName,
        at: positionOf(tree.place),
        hosts: checked.value.hosts,
        hostsAt: positionOf(placeAt(tree, ['hosts'])),
        apply: checked.value.apply ?? defaults.environment.apply,
        vars,
        rollout,
        services: placed.services,
      },
      ground: { vars, services: groundOf(placed, bases) },
    });
  }
  return { environments, checked: seen, diagnostics };
}

/** How long a rollout waits is the environment's to say, and of all its services together. */
function drainProblems(rollout: Rollout, services: readonly PlacedService[]): Diagnostic[] {
  const own = services.map(({ service }) => service.rollout ?? {});
  const { progressMs } = rolloutPolicy(rollout, own, 1);
  return services.flatMap(({ tree, service: { drain } }) => {
    const timeoutMs = drain && (drain.timeout ?? written(defaults.drain.timeout));
    if (timeoutMs === undefined || timeoutMs < progressMs) return [];
    const place = placeAt(tree, drain?.timeout === undefined ? ['drain'] : ['drain', 'timeout']);
    const message = 'a rollout would give up before this time is over';
    return [problemAt(place, message, 'give `rollout: { progress: … }` more')];
  });
}

/** A service with mistakes of its own is known to tests, and nothing more. */
function groundOf(
  placed: PlacedServices,
  bases: Known['services'],
): ReadonlyMap<string, MapTree | undefined> {
  const broken = placed.diagnostics.length > 0 ? [...bases.keys()] : [];
  return new Map<string, MapTree | undefined>([
    ...broken.map((name) => [name, undefined] as const),
    ...[...placed.services].map(([name, { tree }]) => [name, tree] as const),
  ]);
}

/** `needs` as the overrides leave them: of services that are here, and in no circle. */
function needsProblems(
  environment: string,
  { services, leftOut }: PlacedServices,
): readonly Diagnostic[] {
  const needs = (service: PlacedService): readonly string[] => service.service.needs ?? [];
  const others = (each: PlacedService) => needs(each).filter((name) => name !== each.name);
  const graph = new Map([...services].map(([name, each]) => [name as string, others(each)]));
  const cycle = findCycle(graph);
  const first = services.get((cycle?.[0] ?? '') as ServiceName);
  const circle =
    cycle === undefined || first === undefined
      ? []
      : [
          problemAt(
            placeAt(first.tree, ['needs']),
            `\`needs\` goes around in a circle: ${cycle.join(' needs ')}`,
            'take one of them out',
          ),
        ];
  const gone = [...services.values()].flatMap((service) =>
    needs(service).flatMap((other, index) => {
      const name = other as ServiceName;
      if (!leftOut.has(name)) return [];
      const place = placeAt(service.tree, ['needs', index]);
      const message = `service ${service.name} needs ${name}, which ${environment} leaves out`;
      return [problemAt(place, message, `let ${environment} override \`needs\`, too`)];
    }),
  );
  return [...circle, ...gone];
}
