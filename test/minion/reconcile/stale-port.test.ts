import { describe, expect, it } from 'vitest';
import type { Told } from '../../../minion/reconcile/perform.ts';
import { startPatiently } from '../../../minion/reconcile/stale-port.ts';
import { fault, type FaultCode } from '../../../states/faults.ts';
import { specOf } from '../samples.ts';

interface Tried {
  readonly tries: number;
  readonly tookMs: number;
  readonly told: readonly Told[];
  readonly error: unknown;
}

/** An Engine whose starts fail so, one after the other; the last one for good. */
async function tried(
  codes: readonly (FaultCode | undefined)[],
  { patient, abortAtMs = Infinity }: { patient?: true; abortAtMs?: number } = {},
): Promise<Tried> {
  let [now, tries] = [0, 0];
  const told: Told[] = [];
  const stop = new AbortController();
  const engine = {
    start: async () => {
      const code = codes[Math.min(tries, codes.length - 1)];
      tries += 1;
      if (code !== undefined) throw fault(code, 'port 80');
    },
  };
  const world = {
    now: () => now,
    random: () => 0,
    sleep: async (ms: number, signal?: AbortSignal) => {
      now += ms;
      if (now >= abortAtMs) stop.abort(new Error('a newer desire'));
      signal?.throwIfAborted();
    },
  };
  const performing = {
    ...{ engine, world, signal: stop.signal, tell: (one: Told) => void told.push(one) },
    ...(patient === undefined ? {} : { patient }),
  };
  const start = { container: 'api-1', spec: specOf('api') };
  const error = await startPatiently(start, performing).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { tries, tookMs: now, told, error };
}

const patient = true;

describe('a start', () => {
  it('is tried again while only a stale port is in the way, at a growing pace, and told', async () => {
    const { tries, tookMs, told, error } = await tried(
      ['PORT_STALE', 'PORT_STALE', 'PORT_STALE', undefined],
      { patient },
    );
    expect({ tries, tookMs, error }).toEqual({ tries: 4, tookMs: 3_500, error: undefined });
    expect(told).toHaveLength(3);
    expect(told[0]).toEqual({ phase: 'waiting', service: 'api', detail: 'port 80' });
  });

  it('fails at once where nobody has patience, and for any other reason', async () => {
    expect(await tried(['PORT_STALE'])).toMatchObject({ tries: 1, told: [] });
    const other = await tried(['PORT_TAKEN'], { patient });
    expect(other).toMatchObject({ tries: 1, told: [], error: { data: { code: 'PORT_TAKEN' } } });
    const down = await tried(['PORT_STALE', 'DOCKER_DOWN'], { patient });
    expect(down).toMatchObject({ tries: 2, error: { data: { code: 'DOCKER_DOWN' } } });
  });

  it('is given up after ten minutes', async () => {
    const { tookMs, error } = await tried(['PORT_STALE'], { patient });
    expect(tookMs).toBeGreaterThan(590_000);
    expect(tookMs).toBeLessThanOrEqual(600_000);
    expect(error).toMatchObject({ data: { code: 'PORT_STALE' } });
  });

  it('is given up when a newer desire comes', async () => {
    const { tookMs, error } = await tried(['PORT_STALE'], { patient, abortAtMs: 5_000 });
    expect(tookMs).toBeLessThan(10_000);
    expect(error).toMatchObject({ message: 'a newer desire' });
  });
});
