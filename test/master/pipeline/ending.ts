// How every schedule ends: people let go, and time goes on. Then all promotions must end, git must say
// what runs, and a new good release must come all the way through.

import { isFinal } from '../../../master/pipeline/record.ts';
import { originOf } from '../../../master/pipeline/releases.ts';
import { explain } from '../../../master/pipeline/explain.ts';
import { nextWake } from '../../../master/pipeline/clock.ts';
import { must } from './violation.ts';
import { image, minute } from './samples.ts';
import type { World } from './world.ts';

/**
 * In `silence` nothing that was asked for is ever heard of again, and people keep what they hold; else
 * it is all done well, and on `arrival` a new release is waited for in the last stage.
 */
export function finish(world: World, how: 'silence' | 'answers' | 'arrival'): void {
  const live = liveIn(world);
  for (let turn = 0; live.some((id) => isLive(world, id)); turn += 1) {
    must(turn < 4_000, `promotions never end: ${live.filter((id) => isLive(world, id)).join(' ')}`);
    if (how === 'silence') wait(world);
    else goOn(world);
  }
  if (how === 'silence') return;
  quieten(world, []);
  if (how === 'arrival') arrive(world);
}

/** Until all is done and, of these stages, nothing is missing; then git must say what runs. */
function quieten(
  world: World,
  missing: readonly string[],
  arrived: (name: string) => boolean = () => true,
) {
  for (let turn = 0; !missing.every(arrived) || !isQuiet(world); turn += 1) {
    const name = missing.find((each) => !arrived(each)) ?? '';
    must(turn < 4_000, `never comes to rest: ${said(world, name)}`);
    goOn(world);
  }
  for (const { environment, current } of Object.values(world.pipeline.stages)) {
    if (current === null) continue;
    const file = world.files.get(environment)?.release ?? '';
    must(file === current.release, `${environment}: git says ${file}, and another runs`);
  }
}

function goOn(world: World): void {
  letGo(world);
  if (world.tasks.length > 0) world.answer(0, 1);
  else wait(world);
}

/** One more release, and everybody does what they should. */
function arrive(world: World): void {
  const images = [image('api', 1_000), image('game', 1_000)];
  world.send({ type: 'images', images, alone: true, origin: originOf('ci', 'ci') });
  const release = Object.values(world.pipeline.releases)
    .sort((a, b) => b.order - a.order)
    .at(0);
  const stages = world.pipeline.definition.stages.map(({ environment }) => environment);
  const arrived = (name: string): boolean => {
    const stage = world.pipeline.stages[name];
    return stage?.current?.release === release?.id && stage?.current?.verified === true;
  };
  quieten(world, stages, arrived);
}

const isQuiet = ({ pipeline, tasks }: World): boolean =>
  tasks.length === 0 &&
  Object.values(pipeline.promotions).every(({ phase }) => isFinal(phase)) &&
  Object.values(pipeline.stages).every(({ owed }) => owed === null);

const said = (world: World, name: string): string =>
  explain(world.pipeline, name, world.now).reason;

function letGo(world: World): void {
  for (const { id } of world.pipeline.freezes)
    world.send({ type: 'unfreeze', actor: 'ann', freeze: id });
  for (const { environment, hold, stopped, waiting } of Object.values(world.pipeline.stages)) {
    if (hold !== null || stopped !== null)
      world.send({ type: 'resume', actor: 'ann', environment });
    const promotion = world.pipeline.promotions[waiting ?? ''];
    if (promotion?.reason?.includes('approval') === true) {
      world.send({ type: 'approve', actor: 'ann', environment, release: null });
    }
  }
}

function wait(world: World): void {
  const next = nextWake(world.pipeline, world.now);
  for (const { environment } of world.pipeline.definition.stages) {
    must(said(world, environment) !== '', `nothing to say about ${environment}`);
  }
  world.pass(next === null ? minute : next - world.now);
}

const isLive = (world: World, id: string): boolean => {
  const promotion = world.pipeline.promotions[id];
  return promotion !== undefined && !isFinal(promotion.phase);
};

const liveIn = (world: World): string[] =>
  Object.values(world.pipeline.promotions)
    .filter(({ phase }) => !isFinal(phase))
    .map(({ id }) => id);
