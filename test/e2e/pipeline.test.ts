// From `git push` of code to production with nobody in between, as a small company has it: a build
// server, a registry that tells of pushes, three stages on four hosts. One release gets through, one fails in
// gamma only, the next one gets through again.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseView } from '../../master/api/pipeline-contract.ts';
import { Company } from './company.ts';

let company: Company;
let first: ReleaseView;
let bad: ReleaseView;
let begun: string;

const digest = ({ images }: ReleaseView): string => images[0]?.digest ?? 'none';

/** The story of one release through all stages, from promotion `from` on. */
const promoted = (id: string, from: number) =>
  ['beta', 'gamma', 'prod'].map((stage, index) => ({
    author: 'Brine',
    subject: `Promote ${id} to ${stage}`,
    promotion: `p${from + index}`,
    release: id,
    cause: stage === 'beta' ? 'release' : 'verified',
    actor: 'master',
  }));

beforeAll(async () => {
  company = await Company.start();
  begun = await company.log('%H', 1);
});

afterAll(() => company?.close());

describe('a push of code', () => {
  it('gets to production by itself', async () => {
    const pushed = await company.push({ version: '1.0.0', subject: 'List orders' });
    first = pushed.release;
    expect(first).toMatchObject({
      origin: { kind: 'registry', actor: 'registry', commit: pushed.commit },
      images: [{ name: 'api', tag: '1.0.0', commit: pushed.commit }],
    });
    await company.verified(first.id, 'prod');
    expect(await company.answers('beta')).toEqual(['1.0.0', '1.0.0']);
    expect(await company.answers('gamma')).toEqual(['1.0.0']);
    expect(await company.answers('prod')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  });

  it('is told by the log of the states: one commit for each promotion', async () => {
    expect(await company.story(begun)).toEqual(promoted(first.id, 1));
  });

  it('runs the same bytes everywhere, on hosts that beta and prod share too', async () => {
    const runs = [digest(first)];
    expect(await company.running('beta')).toEqual({ 'host-1': runs, 'host-2': runs });
    expect(await company.running('gamma')).toEqual({ 'host-3': runs });
    const prod = { 'host-1': runs, 'host-2': runs, 'host-4': runs };
    expect(await company.running('prod')).toEqual(prod);
  });

  it('is shown as what it is, from every side', async () => {
    const status = await company.says('status');
    for (const stage of ['beta', 'gamma', 'prod']) {
      expect(status).toMatch(`${stage} · release ${first.id} · `);
    }
    expect(status.match(/ · [0-9a-f]{7} List orders\n/g)).toHaveLength(3);
    expect(status.match(/✓ verified/g)).toHaveLength(3);
    expect(await company.says('explain', 'prod')).toContain('prod is idle');
    const history = await company.says('history', 'prod');
    expect(history).toMatch(new RegExp(`p3 .* succeeded .* ${first.id}`));
    const shown = await company.says('release', 'show', first.id);
    expect(shown).toContain(digest(first).slice(0, 19));
    expect(shown).toMatch(/gamma {2}● runs[\s\S]*✓ integration {2}passed on host-3 {2}3 tests/);
  });
});

describe('a release whose tests fail in gamma only', () => {
  it('goes back there, and stays in beta', async () => {
    // It passes where there is little data, as in beta.
    const code = { version: '1.1.0', subject: 'Keep all orders in memory', ordersMax: 1_000 };
    bad = (await company.push(code)).release;
    await company.until('gamma has gone back', 'gamma', ({ last, active }) => {
      return active === null && last?.release === bad.id && last.phase === 'rolled-back';
    });
    await company.verified(bad.id, 'beta');
    expect(await company.answers('beta')).toEqual(['1.1.0', '1.1.0']);
    expect(await company.answers('gamma')).toEqual(['1.0.0']);
    expect(await company.running('gamma')).toEqual({ 'host-3': [digest(first)] });
  });

  it('goes back by a commit of its own, which says why', async () => {
    expect((await company.story(begun)).slice(3)).toEqual([
      ...promoted(bad.id, 4).slice(0, 2),
      {
        author: 'Brine',
        subject: `Roll gamma back to ${first.id}`,
        promotion: 'p5-back',
        release: first.id,
        cause: 'failed',
        actor: 'master',
      },
    ]);
    const message = await company.log('%B', 1);
    expect(message).toContain('\n\nintegration failed: exited with 1; 1 of 3 failed: api › lists');
  });

  it('is never seen by prod', async () => {
    const stage = await company.stage('prod');
    expect(stage).toMatchObject({ current: { release: first.id }, active: null, waiting: null });
    const events = await company.says('events', '--env', 'prod', '--json');
    expect(events).toContain(first.id);
    expect(events).not.toContain(bad.id);
    expect(await company.answers('prod')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    const runs = [digest(first)];
    const prod = { 'host-1': runs, 'host-2': runs, 'host-4': runs };
    expect(await company.running('prod')).toEqual(prod);
  });

  it('is not tried again, and names the test that failed', async () => {
    expect((await company.stage('gamma')).quarantined).toMatchObject([{ release: bad.id }]);
    const shown = await company.says('release', 'show', bad.id);
    expect(shown).toMatch(/✗ integration {2}failed on host-3 {2}3 tests, 1 failed, exit code 1/);
    expect(shown).toContain('1 of 3 failed: api › lists all orders');
    expect(shown).toContain('FAILED: lists all orders: GET /orders said:');
    const status = await company.says('status');
    expect(status).toContain('1 of 3 failed: api › lists all orders');
    expect(status).toContain(`not tried here again: ${bad.id}`);
    expect(await company.says('explain', 'prod')).toContain(`${bad.id} failed in gamma`);
    expect(await company.says('explain', 'gamma')).toContain(`${bad.id} failed here`);
  });
});

describe('the next release', () => {
  it('gets to production again', async () => {
    const code = { version: '1.2.0', subject: 'Read orders one by one' };
    const { release } = await company.push(code);
    await company.verified(release.id, 'prod');
    expect((await company.story(begun)).slice(6)).toEqual(promoted(release.id, 6));
    expect(await company.answers('gamma')).toEqual(['1.2.0']);
    expect(await company.answers('prod')).toEqual(['1.2.0', '1.2.0', '1.2.0']);
    const releases = await company.says('releases');
    expect(releases).toMatch(new RegExp(`${bad.id} .*✓ verified +✗ failed +api 1.1.0`));
  });
});
