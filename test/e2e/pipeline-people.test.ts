// A pipeline, and what people do beside it: a notification that is lost, a revert in git, an edit of a
// service, a release past its gates.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseView } from '../../master/api/pipeline-contract.ts';
import { Company } from './company.ts';
import { until } from './product.ts';

let company: Company;
let first: ReleaseView;
let second: ReleaseView;

const git = async (...args: string[]): Promise<string> => {
  const done = await company.product.git(...args);
  if (done.code !== 0) throw new Error(`git ${args.join(' ')}: ${done.err}`);
  return done.out.trim();
};

beforeAll(async () => {
  company = await Company.start();
  first = (await company.push({ version: '1.0.0', subject: 'List orders' })).release;
  await company.verified(first.id, 'prod');
});

afterAll(() => company?.close());

describe('a push that the registry tells nobody of', () => {
  it('is found all the same, as the registry is asked from time to time', async () => {
    await company.notify(false);
    await company.product.killMaster();
    await company.product.configure((text) => text.replace('poll: 24h', 'poll: 2s'));
    await company.product.startMaster();
    second = (await company.push({ version: '1.1.0', subject: 'Sort orders' })).release;
    await company.verified(second.id, 'prod');
    expect(await company.answers('prod')).toEqual(['1.1.0', '1.1.0', '1.1.0']);
  });
});

describe('a person who reverts a promotion in git', () => {
  let revert: string;

  it('has gone back, without a second commit', async () => {
    const { product } = company;
    await product.pull();
    await git('revert', '--no-edit', await git('log', '-1', '--format=%H', 'versions/prod.yaml'));
    revert = await git('rev-parse', 'HEAD');
    await product.push();
    await company.verified(first.id, 'prod');
    expect(await company.answers('prod')).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    expect(await company.log('%H', 1)).toBe(revert);
  });

  it('is told as the one who did it', async () => {
    expect(await company.stage('prod')).toMatchObject({
      last: { kind: 'rollback', cause: 'revert', actor: 'Ann <ann@example.com>', exit: 0 },
      quarantined: [{ release: second.id }],
    });
    const history = await company.says('history', 'prod');
    const told = `^p7 .* rolled back +rollback +${first.id} +[0-9a-f]{7} +Ann`;
    expect(history).toMatch(new RegExp(told, 'm'));
  });

  it('touches no other stage, and the release does not come again', async () => {
    expect(await company.answers('beta')).toEqual(['1.1.0', '1.1.0']);
    expect(await company.stage('prod')).toMatchObject({
      ...{ active: null, waiting: null },
      next: { state: 'idle', reason: expect.stringContaining(second.id) as string },
    });
  });
});

describe('a person who changes a service', () => {
  it('sees in the status what the hosts do not run yet, and nothing is touched', async () => {
    const { product } = company;
    const text = await readFile(join(product.states, 'services/api.yaml'), 'utf8');
    const changed = text.replace('env:\n', 'env:\n  LOG_LEVEL: debug\n');
    await product.commit('Log more', { 'services/api.yaml': changed });
    await product.push();
    await until('beta has something pending', async () => {
      return (await company.stage('beta')).pending !== null;
    });
    expect(await company.says('status')).toContain(
      'pending: the states ask for a change on 2 hosts: master apply beta',
    );
    expect((await company.stage('beta')).active).toBe(null);
  });

  it('applies it to one stage, which keeps its release', async () => {
    expect(await company.says('apply', 'beta', '--yes')).toContain(`runs release ${second.id}`);
    expect(await company.stage('beta')).toMatchObject({
      ...{ pending: null, current: { release: second.id, verified: true } },
    });
    expect((await company.stage('prod')).pending).not.toBe(null);
  });
});

describe('a person who cannot wait', () => {
  it('gets a release past the gates, which is written down as that', async () => {
    const why = ['--force', '--why', 'customers wait'];
    await company.says('promote', second.id, 'prod', ...why);
    expect(await company.answers('prod')).toEqual(['1.1.0', '1.1.0', '1.1.0']);
    const message = await company.log('%B', 1);
    expect(message).toContain(`Force ${second.id} to prod\n\napi 1.1.0\n\ncustomers wait`);
    expect(await company.says('release', 'show', second.id)).toContain(
      'past its gates, for: customers wait',
    );
  });
});
