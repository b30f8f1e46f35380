// The pipeline's records in the store: read at the start, and written with everything that an event
// changes in one commit, compared with what was there before.

import { z } from 'zod';
import type { Entry, Store, Write } from '../store/store.ts';
import { emptyPipeline, type Pipeline } from './record.ts';
import { pipelineFrom, pipelineKeys, promotionsNeeded } from './stored.ts';

export const driverKeys = {
  /** Written with every change: its revision is what the next change is compared with. */
  turn: 'pipeline/turn',
  files: 'pipeline/files/',
  file: (environment: string): string => `pipeline/files/${environment}`,
} as const;

/** What versions/<env>.yaml said when it was last looked at, and what was made of it. */
const knownFile = z.strictObject({ text: z.string().nullable(), commit: z.string().nullable() });
export type KnownFile = z.infer<typeof knownFile>;

const turnRecord = z.strictObject({
  /** Tells commits of this master's records from those of others on the same repository. */
  line: z.string().regex(/^[0-9a-z]{8}$/),
});

export interface Read {
  readonly pipeline: Pipeline;
  readonly files: ReadonlyMap<string, KnownFile>;
  readonly line: string | undefined;
  readonly revision: number;
}

export async function readPipeline(store: Pick<Store, 'get' | 'range'>): Promise<Read> {
  const head = await store.get(pipelineKeys.head);
  const turn = await store.get(driverKeys.turn);
  const files = await store.range(driverKeys.files);
  return {
    pipeline: head === undefined ? emptyPipeline : await readRecords(store, head),
    files: new Map(
      files.map(({ key, value }) => [key.slice(driverKeys.files.length), knownFile.parse(value)]),
    ),
    line: turn === undefined ? undefined : turnRecord.parse(turn.value).line,
    revision: turn?.revision ?? 0,
  };
}

async function readRecords(store: Pick<Store, 'get' | 'range'>, head: Entry): Promise<Pipeline> {
  const stages = (await store.range(pipelineKeys.stages)).map(({ value }) => value);
  const needed = await Promise.all(promotionsNeeded(stages).map((key) => store.get(key)));
  const releases = await store.range(pipelineKeys.releases);
  return pipelineFrom({
    ...{ head: head.value, stages },
    promotions: needed.flatMap((entry) => (entry === undefined ? [] : [entry.value])),
    releases: releases.map(({ value }) => value),
  });
}

export const fileWrite = (environment: string, file: KnownFile): Write => ({
  put: driverKeys.file(environment),
  value: file,
});
