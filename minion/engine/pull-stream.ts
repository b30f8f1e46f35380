// Reads what the Engine tells while it pulls: how far it is, and whether it failed. The answer's
// status is 200 in either case, so a failure shows nowhere but in these lines.

import { z } from 'zod';
import { jsonLines } from './lines.ts';

const pullLine = z.object({
  status: z.string().catch(''),
  id: z.string().catch(''),
  error: z.string().optional().catch(undefined),
  errorDetail: z.object({ message: z.string() }).optional().catch(undefined),
  progressDetail: z
    .object({ current: z.number().catch(0), total: z.number().catch(0) })
    .catch({ current: 0, total: 0 }),
});

interface PullWatch {
  /** Bytes so far, and in all as far as the layers have told their size. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called for every sign of life. */
  readonly onLine: () => void;
}

/** Resolves at the end of the stream: the Engine's own words for its failure, or undefined. */
export async function followPull(
  chunks: AsyncIterable<unknown>,
  { onProgress, onLine }: PullWatch,
): Promise<string | undefined> {
  const layers = new Map<string, { done: number; total: number }>();
  let failure: string | undefined;
  for await (const raw of jsonLines(chunks)) {
    onLine();
    const line = pullLine.safeParse(raw);
    if (!line.success) continue;
    const { status, id, error, errorDetail, progressDetail } = line.data;
    failure ??= errorDetail?.message ?? error;
    const { current, total } = progressDetail;
    const layer = layers.get(id);
    if (status === 'Downloading' && total > 0) layers.set(id, { done: current, total });
    else if (status === 'Download complete' && layer !== undefined) layer.done = layer.total;
    else continue;
    onProgress?.(...sum(layers.values()));
  }
  return failure;
}

function sum(layers: Iterable<{ done: number; total: number }>): [number, number] {
  let [done, total] = [0, 0];
  for (const layer of layers) {
    done += layer.done;
    total += layer.total;
  }
  return [done, total];
}
