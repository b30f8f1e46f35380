import { describe, expect, it } from 'vitest';
import { jobSpec } from '../../protocol/state-schema.ts';
import { plan } from '../../states/plan.ts';
import { jobSteps } from '../../states/plan/jobs.ts';
import { jobContainerName } from '../../states/naming.ts';
import type { ObservedJob } from '../../states/observed.ts';
import { host, made, nothing, v1 } from './plan/fixture.ts';
import { release, state } from './fixture.ts';
import { good, hostOf, resolved, resolve, said, statesOf } from './sample.ts';

const withJobs = (jobs: string, more = ''): { readonly 'services/api.yaml': string } => ({
  'services/api.yaml': `${good['services/api.yaml']}jobs: ${jobs}\n${more}`,
});

describe('a job', () => {
  it('has of the service what it does not say itself, and no ports', () => {
    const states = statesOf(
      withJobs('{ migrate: { command: [migrate], env: { STEP: "1" }, timeout: 30s } }'),
    );
    const [job] = resolved(states).hosts[0]?.state.jobs ?? [];
    expect(job).toMatchObject({
      ...{ name: 'migrate', service: 'api', once: 'per-release', on: 'one-host' },
      timeoutMs: 30_000,
      spec: {
        command: ['migrate'],
        env: { NODE_ENV: 'production', STEP: '1' },
        ...{ ports: [], restart: { policy: 'no' }, healthcheck: { kind: 'none' } },
        at: { file: 'services/api.yaml', line: 6 },
      },
    });
    expect(jobSpec.parse(job)).toEqual(job);
  });

  it('runs on one host, rather one that can be reached, or on each', () => {
    const inventory = [hostOf('web-1'), hostOf('web-2'), hostOf('web-3')];
    const states = statesOf(
      withJobs('{ one: { command: [a] }, each: { command: [b], on: each-host } }'),
    );
    const where = (preferred: readonly string[]): readonly string[] => {
      const answer = resolve(states, { inventory, preferred: new Set(preferred) });
      if (!answer.ok) throw new Error('refused');
      return answer.environment.hosts.map(({ host: { id }, state: { jobs = [] } }) =>
        [id, ...jobs.map(({ name }) => name)].join(' '),
      );
    };
    expect(where([])).toEqual(['web-1 one each', 'web-2 each', 'web-3 each']);
    expect(where(['web-3', 'web-2'])).toEqual(['web-1 each', 'web-2 one each', 'web-3 each']);
  });

  it('may be named under `needs`, and is no missing service then', () => {
    const answer = resolve(statesOf(withJobs('{ migrate: {} }', 'needs: [migrate]')));
    expect(answer).toMatchObject({ ok: true, warnings: [] });
    expect(said(withJobs('{ migrate: {} }', 'needs: [migrat]'))).toContain(
      'services/api.yaml:7:9: unknown service `migrat`',
    );
  });

  it('is refused with its place where it is wrong', () => {
    expect(said(withJobs('{ migrate: { once: never } }'))).toContain(
      'services/api.yaml:6:26: "never" is not `per-release` or `per-apply`',
    );
    expect(said(withJobs('{ migrate: { ports: [] } }'))).toContain('unknown key `ports` in a job');
    expect(said(withJobs('{ migrate: { timeout: 2d } }'))).toContain('"2d" is too long');
    const many = Array.from({ length: 21 }, (_, at) => `j${at}: {}`).join(', ');
    expect(said(withJobs(`{ ${many} }`))).toContain('the service has 21 jobs');
  });
});

describe('the steps of jobs', () => {
  const states = statesOf(
    withJobs('{ migrate: { command: [migrate] }, warm: { command: [warm], once: per-apply } }'),
  );
  const jobs = resolved(states).hosts[0]?.state.jobs ?? [];
  const wanted = { ...state(v1), jobs };
  const names = jobs.map((job) => jobContainerName(wanted, job));
  const seen = (container = '', more: Partial<ObservedJob> = {}): ObservedJob => ({
    ...{ container, service: 'api', name: 'migrate', createdAt: 1, running: false, done: true },
    ...more,
  });
  const ran = (observed: Parameters<typeof jobSteps>[1], changes: boolean): readonly string[] =>
    jobSteps(wanted, observed, changes).flatMap((step) =>
      step.do === 'run-job' ? [step.job.name] : [],
    );

  it('are those that have not ended well for this release, and per-apply with every change', () => {
    expect(ran(nothing, true)).toEqual(['migrate', 'warm']);
    expect(ran(nothing, false)).toEqual(['migrate']);
    expect(ran({ ...nothing, jobs: [seen(names[0])] }, false)).toEqual([]);
    expect(ran({ ...nothing, jobs: [seen(names[0], { done: false })] }, false)).toEqual([
      'migrate',
    ]);
    expect(ran({ ...nothing, jobs: names.map((name) => seen(name)) }, true)).toEqual(['warm']);
  });

  it('come again for another release', () => {
    const [job] = jobs;
    if (job === undefined) throw new Error('no job');
    const later = jobContainerName({ ...wanted, release: release('0badcafe') }, job);
    expect(later).not.toBe(names[0]);
    expect(later).toMatch(/^starfall-beta-api-job-migrate-0badcafe-[0-9a-f]{8}$/);
  });

  it('are none of the plan that holds a host true; what is too old there is removed', () => {
    const old = [5, 4, 3, 2].map((at) => seen(`old-${at}`, { createdAt: at, done: false }));
    const observed = { ...host(made(v1)), jobs: [seen(names[0]), ...old] };
    expect(plan(wanted, observed).steps).toEqual([
      {
        ...{ do: 'remove', container: 'old-2', service: 'api' },
        reason: 'only the latest 3 are kept for going back',
      },
    ]);
    const atWork = seen('next', { createdAt: 0, running: true, done: false });
    const steps = (wished: typeof wanted) => plan(wished, { ...observed, jobs: [atWork] }).steps;
    expect([...steps(wanted), ...steps({ ...state(), jobs: [] })]).not.toContainEqual(
      expect.objectContaining({ container: 'next' }),
    );
    expect(plan(state(), observed).steps).toContainEqual({
      ...{ do: 'remove', container: names[0], service: 'api', reason: 'no longer in the state' },
    });
  });
});
