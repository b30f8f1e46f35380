// Any state, and any host a state may meet: half-done plans, crashed, paused, renamed and forgotten
// containers of several versions. Hosts are possible ones: no two that run hold the same port.

import fc from 'fast-check';
import { specHash } from '../../../states/hash.ts';
import type { ContainerSpec, HostState } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed, ObservedContainer } from '../../../states/observed.ts';
import { hostSide, portsClash } from '../../../states/ports.ts';
import { image, port, service, spec, state } from '../fixture.ts';
import { isLive } from '../simulate.ts';

const services = ['a', 'b', 'c', 'd'] as const;
const ports = [80, 81, 82, 83, 84];

const anySpec: fc.Arbitrary<ContainerSpec> = fc
  .record({
    name: fc.constantFrom(...services),
    slot: fc.constantFrom(1, 1, 1, 2),
    version: fc.integer({ min: 1, max: 3 }),
    ports: fc.subarray(ports, { maxLength: 2 }),
    volume: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    needs: fc.subarray([...services], { maxLength: 2 }),
    retain: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ name, slot, version, ports: numbers, volume, needs, retain }) =>
    spec({
      ...{ service: service(name), slot, image: image('app', version), retain },
      ports: numbers.map(port),
      needs: needs.filter((need) => need < name).map(service),
      mounts:
        volume === undefined
          ? []
          : [{ type: 'volume', source: volume, target: '/data', readOnly: false }],
    }),
  );

/** No service and slot twice, no port twice. */
export const anyState: fc.Arbitrary<HostState> = fc
  .array(anySpec, { maxLength: 6 })
  .map((specs) => {
    const kept: ContainerSpec[] = [];
    for (const one of specs) {
      const clashes = kept.some(
        (other) =>
          (other.service === one.service && other.slot === one.slot) ||
          portsMeet(one.ports.map(hostSide), other.ports.map(hostSide)),
      );
      if (!clashes) kept.push(one);
    }
    return state(...kept);
  });

type HostPorts = ObservedContainer['hostPorts'];
const portsMeet = (some: HostPorts, others: HostPorts): boolean =>
  some.some((one) => others.some((other) => portsClash(one, other)));

const anyCondition = fc.record({
  status: fc.constantFrom(
    ...(['running', 'running', 'running', 'exited', 'exited', 'created'] as const),
    ...(['paused', 'restarting', 'dead', 'removing'] as const),
  ),
  health: fc.constantFrom('healthy', 'healthy', 'unhealthy', 'starting', 'unknown'),
  /** Mostly as it should be. */
  name: fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.uuid() }),
  faked: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, fc.constant(true)),
  createdAt: fc.integer({ min: 1, max: 1_000 }),
  ranFor: fc.integer({ min: 0, max: 1_000 }),
  detached: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  imageKnown: fc.boolean(),
});
type Condition = typeof anyCondition extends fc.Arbitrary<infer T> ? T : never;

/** What is there of one spec, in some condition. */
function container(one: ContainerSpec, condition: Condition): ObservedContainer {
  const around = state();
  const { status, health, createdAt } = condition;
  const name = condition.name === '' ? containerName({ ...around, spec: one }) : condition.name;
  const live = status === 'running' || status === 'paused';
  return {
    ...{ id: name, name, service: one.service, slot: one.slot, release: '00000000' },
    ...{ status, createdAt, health: status === 'running' ? health : 'unknown' },
    spec: condition.faked ? 'f'.repeat(64) : specHash(one, around),
    image: condition.imageKnown ? `${one.image.repository}@${one.image.digest}` : '',
    hostPorts: live ? one.ports.map(hostSide) : [],
    ...(status === 'exited' ? { stoppedAt: createdAt + condition.ranFor } : {}),
    ...(status === 'running' && condition.detached ? { detached: true } : {}),
  };
}

/** A host on which some of the state's own specs, and some others, have left containers. */
const anyHostFor = (desired: HostState): fc.Arbitrary<Observed> => {
  const own = desired.containers.length === 0 ? anySpec : fc.constantFrom(...desired.containers);
  const version = fc.integer({ min: 1, max: 5 });
  const sameSlot = fc
    .tuple(own, version, fc.constantFrom(undefined, [], [port(80)], [port(81)]))
    .map(([one, n, moved]) => ({ ...one, image: image('app', n), ports: moved ?? one.ports }));
  const found = fc.tuple(fc.oneof(own, sameSlot, sameSlot, anySpec), anyCondition);
  return fc
    .record({
      found: fc.array(found, { maxLength: 10 }),
      networkThere: fc.boolean(),
      volumes: fc.subarray(['x', 'y']),
      images: fc.subarray([1, 2, 3]),
    })
    .map(({ found: left, networkThere, volumes, images }) => {
      const containers = possible(left.map(([one, condition]) => container(one, condition)));
      const running = containers.some(isLive);
      return {
        containers,
        networks: networkThere || running ? [desired.network, 'bridge'] : ['bridge'],
        volumes: [...volumes, 'of-another'],
        images: images.map(referenceOf),
        taken: [{ container: 'nginx', address: '0.0.0.0', port: 443, protocol: 'tcp' as const }],
        foreignNames: ['nginx'],
      };
    });
};

const referenceOf = (version: number): string => {
  const { repository, digest } = image('app', version);
  return `${repository}@${digest}`;
};

function possible(found: readonly ObservedContainer[]): readonly ObservedContainer[] {
  const kept: ObservedContainer[] = [];
  for (const one of found) {
    const meets = (other: ObservedContainer): boolean =>
      other.name === one.name || portsMeet(other.hostPorts, one.hostPorts);
    if (!kept.some(meets)) kept.push(one);
  }
  return kept;
}

/** Releases of one state: the same services on the same ports, in other versions. */
export const anyHistory: fc.Arbitrary<readonly HostState[]> = fc
  .tuple(anyState, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 7 }))
  .map(([{ containers }, versions]) =>
    versions.map((version) =>
      state(...containers.map((one) => ({ ...one, image: image('app', version) }))),
    ),
  );

/** Hosts for states. */
export const anyCase: fc.Arbitrary<{ desired: HostState; observed: Observed }> = anyState.chain(
  (desired) => anyHostFor(desired).map((observed) => ({ desired, observed })),
);
