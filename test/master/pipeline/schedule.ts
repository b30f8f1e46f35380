// Schedules: what people, registries, clocks and bad luck do, drawn from a seed and carried out on a
// world. An operation names things by number, so that any part of a schedule is a schedule too.

import { digestSet, originOf } from '../../../master/pipeline/releases.ts';
import type { PipelineDefinition } from '../../../master/pipeline/definition.ts';
import type { EnvironmentName, ReleaseId } from '../../../states/ids.ts';
import { randomOf, type Random } from './random.ts';
import { after, day, definitionOf, draft, hour, image, minute, stageOf, tests } from './samples.ts';
import type { World } from './world.ts';

const office = {
  zone: 'UTC',
  allow: [{ days: [0, 1, 2, 3, 4, 5, 6], from: 9 * 60, to: 17 * 60 }],
  deny: [],
};

const beta = stageOf('beta', tests('smoke', 'integration'));
const gamma = stageOf('gamma', { ...after('beta'), ...tests('smoke') });
const prod = stageOf('prod', { ...after('gamma'), soakMs: 30 * minute, ...tests('smoke') });

const definitions: readonly PipelineDefinition[] = [
  definitionOf([beta, gamma, prod]),
  definitionOf([beta, { ...gamma, verify: [] }, { ...prod, approval: 'manual', soakMs: 0 }]),
  definitionOf([beta, gamma, stageOf('eu', after('beta')), { ...prod, ...after('gamma', 'eu') }]),
  definitionOf([
    { ...beta, onFailure: 'pause' },
    { ...prod, ...after('beta'), windows: office },
  ]),
  definitionOf([beta, { ...prod, ...after('beta') }, { ...gamma, ...after('prod') }], {
    together: [['api', 'game']],
  }),
];

const rare = [
  ...(['freeze', 'unfreeze', 'promote', 'force', 'edit', 'revert', 'forced-edit'] as const),
  ...(['retry', 'abort', 'approve', 'define', 'adopt'] as const),
] as const;
type Person = (typeof rare)[number] | 'hold' | 'resume' | 'rollback';
type Luck = 'push' | 'answer' | 'go' | 'pass' | 'lose' | 'repeat' | 'crash' | 'turn';
type OperationName = Person | Luck;
export type Operation = readonly [OperationName, number, number];

export function scheduleOf(seed: number): Operation[] {
  const random = randomOf(seed);
  const length = 5 + random.int(28);
  const operations: Operation[] = [['define', random.int(5), 0]];
  // Half of them begin where something good runs already.
  if (random.once(2)) operations.push(['push', random.int(0x10000), 0], ['go', 0, 0]);
  while (operations.length < length) {
    operations.push([nameIn(random), random.int(0x10000), random.int(100)]);
  }
  return operations;
}

/** Mostly what moves things on; in between what people do at the wrong moment. */
function nameIn(random: Random): OperationName {
  const draw = random.int(100);
  if (draw < 45) return 'answer';
  if (draw < 53) return 'push';
  if (draw < 59) return 'go';
  if (draw < 69) return 'pass';
  if (draw < 72) return 'repeat';
  if (draw < 73) return 'crash';
  if (draw < 75) return 'lose';
  if (draw < 76) return 'turn';
  if (draw < 78) return 'rollback';
  if (draw < 79) return 'hold';
  if (draw < 81) return 'resume';
  return rare[random.int(rare.length)] ?? 'retry';
}

const spans = [1_000, minute, 10 * minute, 40 * minute, 3 * hour, 2 * day] as const;

export function perform(world: World, [name, what, how]: Operation): void {
  const environments = world.pipeline.definition.stages.map((stage) => stage.environment);
  const environment = environments.at(what % Math.max(1, environments.length));
  switch (name) {
    case 'define': {
      const definition = definitions[what % definitions.length];
      if (definition !== undefined) world.send({ type: 'defined', definition });
      return;
    }
    case 'push': {
      const images = [image(what % 3 === 0 ? 'game' : 'api', 1 + (what % 97))];
      const both = [image('api', 1 + (how % 7)), image('game', 1 + (what % 5))];
      const origin = originOf('registry', 'registry');
      world.send({
        type: 'images',
        images: how < 30 ? both : images,
        alone: how % 2 === 0,
        origin,
      });
      return;
    }
    case 'answer':
      return world.answer(what, how);
    case 'go':
      return go(world, how);
    case 'pass':
      return world.pass(spans[what % spans.length] ?? 0);
    case 'lose':
      return world.lose(what);
    case 'repeat':
      return world.repeat(what);
    case 'crash':
      return world.crash();
    case 'turn':
      return world.pass((how < 70 ? -1 : 20) * (spans[what % spans.length] ?? 0));
    default:
      if (environment !== undefined) person(world, name, environment, what, how);
  }
}

/** Everything goes well for a while, or long enough to soak. */
function go(world: World, how: number): void {
  for (let turn = 0; turn < 20 && world.tasks.length > 0; turn += 1) world.answer(0, 1);
  if (how < 40) return;
  world.pass(40 * minute);
  for (let turn = 0; turn < 20 && world.tasks.length > 0; turn += 1) world.answer(0, 1);
}

type Said = Exclude<Person, 'define'>;

function person(
  world: World,
  name: Said,
  environment: EnvironmentName,
  what: number,
  how: number,
): void {
  const by = { environment, actor: 'ann@laptop' } as const;
  const release = releaseAt(world, what);
  const until = how < 50 ? null : world.now + hour;
  switch (name) {
    case 'hold':
      return world.send({ type: 'hold', ...by, why: 'incident', until });
    case 'resume':
      return world.send({ type: 'resume', ...by });
    case 'freeze': {
      const environments = how % 2 === 0 ? [] : [environment];
      return world.send({
        type: 'freeze',
        actor: by.actor,
        environments,
        message: 'holidays',
        until,
      });
    }
    case 'unfreeze': {
      const freeze = world.pipeline.freezes.at(0)?.id ?? 'f0';
      return world.send({ type: 'unfreeze', actor: by.actor, freeze });
    }
    case 'promote':
    case 'force': {
      if (release === undefined) return;
      const force = name === 'force' ? { why: 'hotfix' } : null;
      return world.send({ type: 'promote', ...by, release, force });
    }
    case 'rollback':
      return world.send({
        type: 'rollback',
        ...by,
        release: how < 60 ? null : (release ?? null),
        why: 'slow',
      });
    case 'retry':
      return world.send({ type: 'retry', ...by });
    case 'abort':
      return world.send({ type: 'abort', ...by, promotion: null, why: 'wrong' });
    case 'approve':
      return world.send({ type: 'approve', ...by, release: how < 60 ? null : (release ?? null) });
    case 'adopt': {
      const found = draft(1 + (what % 7), 1 + (how % 5));
      const stage = world.pipeline.stages[environment];
      const bare = stage?.current === null && stage.active === null;
      const id = digestSet(found.images).slice(0, 8);
      const commit = bare ? world.push(environment, id) : 'found';
      return world.send({ type: 'adopted', environment, release: found, commit });
    }
    case 'edit':
    case 'revert':
    case 'forced-edit':
      return edit(world, name, environment, what, how);
  }
}

function edit(
  world: World,
  name: Said,
  environment: EnvironmentName,
  what: number,
  how: number,
): void {
  const known = Object.values(world.pipeline.releases).find(
    ({ id }) => id === releaseAt(world, what),
  );
  const wanted = known === undefined || how < 15 ? draft(1 + (what % 7), 1 + (how % 5)) : known;
  const release = { images: wanted.images, origin: originOf('edit', 'bob@laptop') };
  const commit = world.push(environment, digestSet(wanted.images).slice(0, 8));
  const force = name === 'forced-edit' ? { why: 'hotfix' } : null;
  const by = { environment, actor: 'bob@laptop', commit, force } as const;
  world.send({ type: 'edited', ...by, release, revert: name === 'revert' });
}

function releaseAt(world: World, index: number): ReleaseId | undefined {
  const all = Object.values(world.pipeline.releases).sort((a, b) => b.order - a.order);
  return all.at(index % Math.max(1, Math.min(all.length, 6)))?.id;
}
