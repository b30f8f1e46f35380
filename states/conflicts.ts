// What only shows once hosts are known: two services that want one port of one host, and selectors
// that match nothing; and of the first, what is sure before that.

import type { Diagnostic } from './diagnostics.ts';
import { environmentOf } from './environment-of.ts';
import type { FaultData } from './faults.ts';
import { groupBy } from './group-by.ts';
import type { ServiceName } from './ids.ts';
import type {
  ContainerSpec,
  InventoryHost,
  PortBinding,
  ResolvedEnvironment,
  SourcePosition,
} from './model.ts';
import { bindingsOf, hostSide, portsClash, type PublishedPort } from './ports.ts';
import { matches, selectorText } from './selector.ts';
import { positionOf } from './source-text.ts';
import type { Environment, PlacedService, States } from './states.ts';
import { treeAt, type Tree } from './tree.ts';

/** Where each port stands in the states; only for what was resolved in this process. */
const places = new WeakMap<PortBinding, SourcePosition>();

export function rememberPlaces(
  spec: ContainerSpec,
  published: readonly PublishedPort[],
  tree: Tree,
): void {
  const indexes = published.flatMap((port, index) => bindingsOf(port, spec.slot).map(() => index));
  spec.ports.forEach((port, index) => {
    const written = treeAt(tree, ['ports', indexes[index] ?? index]);
    if (written !== undefined) places.set(port, positionOf(written.place));
  });
}

interface Claim {
  readonly environment: string;
  readonly service: string;
  readonly port: PortBinding;
  readonly at: SourcePosition;
}

/**
 * Ports of one host that two services want, within these environments or between them; each pair is
 * told once, with both places and the hosts.
 */
export function portConflicts(resolved: readonly ResolvedEnvironment[]): readonly Diagnostic[] {
  const clashes = new Map<string, { readonly pair: readonly [Claim, Claim]; hosts: string[] }>();
  for (const [host, claims] of claimsByHost(resolved)) {
    for (const pair of clashingPairs(claims)) {
      const key = JSON.stringify(pair);
      const known = clashes.get(key) ?? { pair, hosts: [] };
      known.hosts.push(host);
      clashes.set(key, known);
    }
  }
  return [...clashes.values()].map(({ pair, hosts: [first = '', ...more] }) =>
    conflict(pair, more.length > 0 ? `${first} and ${more.length} more` : first),
  );
}

/** What is sure without hosts: wherever the one runs, the other does too, for their selectors say so. */
export function surePortConflicts({ environments }: States): readonly Diagnostic[] {
  return [...environments.values()].flatMap(({ name, services }) => {
    const claims = [...services.values()].flatMap((placed) => writtenClaims(name, placed));
    const reach = (claim: Claim): string =>
      selectorText(services.get(claim.service as ServiceName)?.targets ?? { terms: [] });
    const told = new Map<string, Diagnostic>();
    for (const [one, other] of clashingPairs(claims)) {
      const [narrow, wide] = reach(one) === '*' ? [other, one] : [one, other];
      if (one.service === other.service || !['*', reach(narrow)].includes(reach(wide))) continue;
      const where = reach(narrow) === '*' ? 'every host' : `every host with ${reach(narrow)}`;
      const key = JSON.stringify([one.service, other.service, other.at]);
      if (!told.has(key)) told.set(key, conflict([one, other], where));
    }
    return [...told.values()];
  });
}

/** None of a service that cannot be known whole before there are hosts or digests. */
function writtenClaims(environment: string, placed: PlacedService): readonly Claim[] {
  const { name, service, tree, open } = placed;
  if (open) return [];
  const slots = Array.from({ length: service.instances ?? 1 }, (_, index) => index + 1);
  return (service.ports ?? []).flatMap((published, index) => {
    const written = treeAt(tree, ['ports', index]);
    const at = written === undefined ? placed.at : positionOf(written.place);
    return slots
      .flatMap((slot) => bindingsOf(published, slot))
      .map((port) => ({ environment, service: name, port, at }));
  });
}

function claimsByHost(resolved: readonly ResolvedEnvironment[]): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const { environment, hosts } of resolved) {
    for (const { host, state } of hosts) {
      const own = claims.get(host.id) ?? [];
      claims.set(host.id, own);
      for (const { service, ports, at } of state.containers) {
        for (const port of ports) {
          own.push({ environment, service, port, at: places.get(port) ?? at });
        }
      }
    }
  }
  return claims;
}

function clashingPairs(claims: readonly Claim[]): readonly (readonly [Claim, Claim])[] {
  const same = groupBy(claims, ({ port }) => `${port.host}/${port.protocol}`);
  return [...same.values()].flatMap((group) =>
    group.flatMap((one, index) =>
      group
        .slice(index + 1)
        .filter((other) => portsClash(hostSide(one.port), hostSide(other.port)))
        .map((other) => [one, other] as const),
    ),
  );
}

function conflict([one, other]: readonly [Claim, Claim], where: string): Diagnostic {
  const { host, protocol } = other.port;
  const { file, line, column } = one.at;
  return {
    ...other.at,
    message:
      `port ${host}/${protocol} of ${where} is wanted twice: ` +
      `by ${other.service} in ${other.environment}, ` +
      `and by ${one.service} in ${one.environment} (${file}:${line}:${column})`,
    hint: 'give one of them another port, or other hosts',
  };
}

/** The environment's own selector, or those of its services that match none of its hosts. */
export function noHosts(
  states: States,
  name: string,
  inventory: readonly InventoryHost[],
): FaultData | undefined {
  const environment = environmentOf(states, name);
  const hosts = inventory.filter((host) => matches(environment.hosts, host));
  if (hosts.length === 0) {
    const message = `${name} has no hosts: none matches ${selectorText(environment.hosts)}`;
    return { code: 'NO_HOSTS', message, at: environment.hostsAt };
  }
  const idle = [...environment.services.values()].filter(
    ({ targets }) => !hosts.some((host) => matches(targets, host)),
  );
  const [first] = idle;
  if (first === undefined) return undefined;
  return { code: 'NO_HOSTS', message: idleMessage(environment, idle), at: first.targetsAt };
}

function idleMessage(
  { name }: Environment,
  idle: readonly { readonly name: string; readonly targets: Parameters<typeof selectorText>[0] }[],
): string {
  const listed = idle.map((service) => `${service.name} (${selectorText(service.targets)})`);
  const leaveOut = idle.map((service) => `${service.name}: null`).join(', ');
  return (
    `none of the hosts of ${name} runs ${listed.join(', ')}; ` +
    `to leave it out there, write \`services: { ${leaveOut} }\` in environments/${name}.yaml`
  );
}
