// The open answer of /v1/events: one JSON object per line, an empty line as a sign of life. Ends when
// the reader leaves, stands still for too long, or the master stops.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StreamItem } from '../events.ts';

export const streamLimits = { heartbeatMs: 5_000, stallMs: 30_000 } as const;

export async function writeStream(
  response: ServerResponse,
  items: (signal: AbortSignal) => AsyncIterable<StreamItem>,
  stop: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write('\n');
  }, streamLimits.heartbeatMs);
  const signal = AbortSignal.any([gone.signal, stop]);
  try {
    for await (const item of items(signal)) {
      if (!response.write(`${JSON.stringify(item)}\n`)) await drained(response, signal);
    }
    response.end();
  } catch (error) {
    // A reader that stands still is cut off; it asks again from the last number it has.
    response.destroy();
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(streamLimits.stallMs);
  await once(response, 'drain', { signal: AbortSignal.any([signal, late]) });
}
