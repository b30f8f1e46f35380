// What the Engine tells of itself while it runs, in the minion's words.

import { z } from 'zod';
import type { EngineEvent } from './engine.ts';
import { jsonLines } from './lines.ts';

/** Only what can change what should run: a HEALTHCHECK alone tells three `exec_…` a second. */
export const eventFilters = {
  type: ['container', 'image', 'network', 'volume'],
  event: [
    ...['create', 'start', 'die', 'oom', 'stop', 'kill', 'restart', 'pause', 'unpause'],
    ...['rename', 'update', 'destroy', 'health_status', 'connect', 'disconnect', 'remove'],
    ...['pull', 'load', 'import', 'tag', 'untag', 'delete', 'prune'],
  ],
};

const eventLine = z.object({
  Type: z.enum(['container', 'image', 'network', 'volume']),
  Action: z.string(),
  Actor: z.object({
    ID: z.string(),
    Attributes: z.record(z.string(), z.string()).nullish(),
  }),
});

/** Lines of any other shape are left out. */
export async function* readEvents(chunks: AsyncIterable<unknown>): AsyncGenerator<EngineEvent> {
  for await (const raw of jsonLines(chunks)) {
    const line = eventLine.safeParse(raw);
    if (!line.success) continue;
    const { Type, Action, Actor } = line.data;
    // A volume has no name beside its id.
    const { name = Actor.ID, ...labels } = Actor.Attributes ?? {};
    yield { type: Type, action: Action, id: Actor.ID, name, labels };
  }
}
