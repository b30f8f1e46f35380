import { describe, expect, it } from 'vitest';
import { containerSpec } from '../../protocol/state-schema.ts';
import { specHash } from '../../states/hash.ts';
import type { Drain } from '../../states/model.ts';
import { plan } from '../../states/plan.ts';
import { host, made, v1, v2 } from './plan/fixture.ts';
import { state } from './fixture.ts';
import { good, resolved, said, statesOf } from './sample.ts';

const withDrain = (drain: string) => ({
  'services/api.yaml': `${good['services/api.yaml']}drain: ${drain}\n`,
});

describe('drain', () => {
  it('is asked as a probe is', () => {
    const [made] =
      resolved(statesOf(withDrain('{ http: /idle, timeout: 2m }'))).hosts[0]?.state.containers ??
      [];
    expect(made?.drain).toEqual({
      probe: {
        ...{ kind: 'http', port: 8080, path: '/idle' },
        ...{ intervalMs: 1_000, timeoutMs: 5_000, startMs: 0, retries: 1 },
      },
      timeoutMs: 120_000,
    });
    expect(containerSpec.parse(made)).toEqual(made);
  });

  it.each([
    ['{ timeout: 1m }', '`drain` asks by `exec` or by `http`'],
    ['{ http: /a, exec: [a] }', '`drain` asks by `exec` or by `http`'],
    ['{ exec: [a], timeout: 10m }', 'a rollout would give up before this time is over'],
    ['{ exec: [a], until: 1 }', 'unknown key `until` in `drain`'],
  ])('%s is refused: %s', (drain, words) => {
    expect(said(withDrain(drain))).toContain(words);
  });

  it('is held against the time that a rollout of the environment waits', () => {
    const within = (progress: string, timeout: string) => ({
      ...withDrain(`{ exec: [a], timeout: ${timeout} }`),
      'environments/beta.yaml': `${good['environments/beta.yaml']}rollout: { progress: ${progress} }\n`,
    });
    expect(said(within('30m', '20m'))).toBe('');
    const short = said(within('1m', '3m'));
    expect(short).toContain('a rollout would give up before this time is over');
    expect(short).toMatch(/services\/api\.yaml:\d+:\d+/);
  });

  const timing = { intervalMs: 1_000, timeoutMs: 5_000, startMs: 0, retries: 1 };
  const drain: Drain = {
    probe: { kind: 'exec', command: ['idle'], ...timing },
    timeoutMs: 60_000,
  };

  it('stands at the stop of an old container that runs as it should, and at no other', () => {
    const wanted = state({ ...v2, drain });
    const stops = (more: Parameters<typeof made>[1]) =>
      plan(wanted, host(made(v1, more))).steps.filter((step) => step.do === 'stop');
    for (const health of ['healthy', 'starting', 'unknown'] as const) {
      expect(stops({ health })).toMatchObject([{ drain }]);
    }
    for (const ill of [{ status: 'paused' }, { health: 'unhealthy' }] as const) {
      expect(stops(ill)).toHaveLength(1);
      expect(stops(ill)[0]).not.toHaveProperty('drain');
    }
    const gone = plan(state(), host(made(v1))).steps.filter((step) => step.do === 'stop');
    expect(gone[0]).not.toHaveProperty('drain');
  });

  it('makes no other container', () => {
    expect(specHash({ ...v1, drain }, state())).toBe(specHash(v1, state()));
  });
});
