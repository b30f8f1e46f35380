// Stays with one rollout until it is over: live on a terminal, line by line in a pipe, as events with
// --json. Ctrl-C leaves the rollout alone and ends only this program.

import type { PlanView, RolloutView } from '../api/contract.ts';
import { pageOf, type Context } from './context.ts';
import { exits, isOver, rolloutExit } from './exit.ts';
import { follow, insist, type FollowedItem } from './follow.ts';
import { untilLeaving } from './leaving.ts';
import { startLive, withItem, type Live } from './live.ts';
import { heading } from './render/heading.ts';
import { transitionLine, workLines } from './render/lines.ts';
import { resultText } from './render/result.ts';
import { screen } from './render/screen.ts';
import { harmless } from './render/text.ts';
import { Canvas } from './terminal.ts';

interface Attended {
  readonly rollout: RolloutView;
  readonly since: number;
  readonly plan?: PlanView;
}

/** Answers the exit code. */
export async function attend(context: Context, attended: Attended): Promise<number> {
  return untilLeaving(async (left) => {
    const over = await watchOver(context, attended, left);
    return over ? await finish(context, attended.rollout.id) : detached(context, attended.rollout);
  });
}

/** True when the rollout is over, false when the signal came first. */
async function watchOver(
  context: Context,
  { rollout, since, plan }: Attended,
  signal: AbortSignal,
): Promise<boolean> {
  if (rollout.endedAt !== null) return true;
  const show = display(context, startLive(rollout, plan));
  try {
    const filter = { rollout: rollout.id };
    const { client, world } = context;
    for await (const next of follow({ client, filter, since, world, signal })) {
      show.take(next);
      if (next.type !== 'item' || next.item.kind !== 'rollout') continue;
      if (next.item.rollout === rollout.id && isOver(next.item.phase)) return true;
    }
    return false;
  } finally {
    show.end(signal.aborted);
  }
}

interface Display {
  take(next: FollowedItem): void;
  end(detached: boolean): void;
}

function display(context: Context, live: Live): Display {
  if (context.json) return jsonDisplay(context);
  return context.terminal ? liveDisplay(context, live) : lineDisplay(context, live);
}

const jsonDisplay = (context: Context): Display => ({
  take: (next) => {
    if (next.type === 'item') context.out(next.line);
  },
  end: () => undefined,
});

function lineDisplay(context: Context, live: Live): Display {
  const { style } = context;
  context.out(heading(live.rollout, context.columns(), style));
  for (const line of workLines(live, context.world.now())) context.out(line);
  return {
    take: (next) => {
      if (next.type === 'lost') context.err('the master is away; the work goes on, trying again');
      if (next.type === 'back') context.err('the master is back');
      const line = next.type === 'item' ? transitionLine(next.item, style) : undefined;
      if (line !== undefined) context.out(line);
    },
    end: () => undefined,
  };
}

const redrawMs = 80;
const tickMs = 1_000;

function liveDisplay(context: Context, first: Live): Display {
  let live = first;
  let pending: NodeJS.Timeout | undefined;
  const { columns, rows, style, world } = context;
  const canvas = new Canvas({ write: (text) => process.stdout.write(text), columns, rows });
  const draw = (): void => {
    pending = undefined;
    canvas.draw(screen(live, { width: columns(), height: rows(), now: world.now(), style }));
  };
  const soon = (): void => {
    pending ??= setTimeout(draw, redrawMs);
  };
  const ticking = setInterval(draw, tickMs);
  process.stdout.on('resize', soon);
  draw();
  return {
    take: (next) => {
      if (next.type === 'item') live = withItem(live, next.item);
      else live = { ...live, lostSince: next.type === 'lost' ? next.since : null };
      soon();
    },
    end: (left) => {
      clearInterval(ticking);
      clearTimeout(pending);
      process.stdout.removeListener('resize', soon);
      draw();
      // A failure has a screen of its own in place of the picture.
      if (left || live.rollout.phase === 'succeeded') canvas.release();
      else canvas.clear();
    },
  };
}

async function finish(context: Context, id: string): Promise<number> {
  const path = `/v1/rollouts/${encodeURIComponent(id)}`;
  const rollout = await insist(() => context.client.get<RolloutView>(path), context.world);
  if (!context.json) context.out(resultText(rollout, pageOf(context)));
  return rolloutExit(rollout);
}

function detached(context: Context, rollout: RolloutView): number {
  const follow = `master watch ${harmless(rollout.environment)}`;
  context.err(`\ndetached; ${rollout.id} goes on. Follow it with: ${follow}`);
  return exits.detached;
}
