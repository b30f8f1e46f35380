// Whether and how the command line asks before it changes hosts, in a pipe and on a real terminal.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers, runMaster } from './answers.ts';
import * as sample from './samples.ts';

let answers: Answers;
beforeEach(async () => {
  answers = await Answers.start();
});
afterEach(async () => {
  await answers.close();
});

const { changes, host, plan, rollout } = sample;

describe('without a terminal to ask at', () => {
  it.each([
    ['apply', 'beta'],
    ['apply', 'beta', '--json'],
    ['rollback', 'beta'],
    ['keys', 'accept', 'web-1'],
    ['keys', 'reject', '*', '--json'],
    ['keys', 'revoke', 'web-1'],
    ['keys', 'delete', 'web-1'],
    ['hosts', 'rm', 'web-1'],
    ['hosts', 'rm', 'web-1', '--json'],
  ])('%s %s %s is refused before anything is asked of the master', async (...args) => {
    const given = args.filter((arg) => arg !== '');
    const ran = await runMaster([...given, '--dir', answers.dir]).done;
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('With --yes it goes on');
    expect([ran.out, answers.asked]).toEqual(['', []]);
  });
});

/** The program in a terminal of its own, of which its standard output may be a file instead. */
function typed(args: string, keys: readonly string[], output = '') {
  const program = join(import.meta.dirname, '../../../bin/master');
  const command = `${program} ${args} --no-color --dir ${answers.dir}${output}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  let asked = 0;
  child.stdout.on('data', (part: Buffer) => {
    seen += part.toString();
    // Each question is answered once it is there, as a person would.
    if (seen.split('[y/N]').length - 1 > asked) child.stdin.write(keys[asked++] ?? '\u0004');
  });
  return new Promise<{ readonly code: number | null; readonly seen: string }>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, seen: seen.replaceAll('\r\n', '\n') });
    });
  });
}

const outdated = {
  ...{ code: 'PLAN_OUTDATED', message: 'what beta is to run has changed since the plan was made' },
  ...{ hint: 'look', exit: 5 },
};

/** Answers plans and applies; a plan that is not the newest is refused. */
function moving(ids: readonly string[]): unknown[] {
  const bodies: unknown[] = [];
  let shown = -1;
  answers.routes.set('POST /v1/plan', ({ body }, response) => {
    bodies.push(body);
    shown = Math.min(shown + 1, ids.length - 1);
    response.end(JSON.stringify({ ...plan([changes('web-1')]), id: ids[shown] }));
  });
  answers.routes.set('POST /v1/apply', ({ body }, response) => {
    bodies.push(body);
    if ((body as { plan?: string }).plan === ids.at(-1)) {
      const done = rollout('pulling', [host('web-1', 'queued')]);
      response.end(JSON.stringify({ rollout: done, plan: plan([changes('web-1')]), since: 40 }));
      return;
    }
    response.writeHead(409).end(JSON.stringify({ error: outdated }));
  });
  return bodies;
}

describe('what no selector or environment is meant by', () => {
  it.each([
    [['token', 'create', '--label', 'ring==x'], 'did you mean ring=x?'],
    [['token', 'create', '--label', 'ring='], 'a value is not empty'],
    [['hosts', 'label', 'web-1', 'ring=a b'], 'a value is not empty'],
    [['keys', 'accept', 'web-1', '--yes', '--label', 'ring=a*'], 'a value is not empty'],
  ])('%s is refused', async (args, why) => {
    const ran = await runMaster([...args, '--dir', answers.dir]).done;
    expect([ran.code, answers.asked]).toEqual([1, []]);
    expect(ran.err).toContain(why);
  });

  it('a token for an environment that there is not yet is made with a warning', async () => {
    answers.json('POST /v1/api-tokens', { token: 'brine-api.x' });
    answers.json('GET /v1/status', { environments: [] });
    const args = ['token', 'create', '--api', '--scope', 'deploy:nope', '--dir', answers.dir];
    const ran = await runMaster(args).done;
    expect([ran.code, ran.out]).toEqual([0, 'brine-api.x\n']);
    expect(ran.err).toContain('warning: no environment is named nope; there are none');
  });
});

describe('at a terminal', () => {
  it('removes a host after a yes only, without asking with --yes', async () => {
    answers.json('GET /v1/hosts', { hosts: [{ id: 'web-1', labels: {}, facts: {} }] });
    let removed = 0;
    answers.routes.set('DELETE /v1/hosts/web-1', (_, response) => {
      removed += 1;
      response.end('{}');
    });
    const no = await typed('hosts rm web-1', ['n\n']);
    expect(no.seen).toContain('Remove web-1?');
    expect([no.code, removed]).toEqual([1, 0]);
    const yes = await typed('hosts rm web-1', ['y\n']);
    expect([yes.code, removed]).toEqual([0, 1]);
    const unasked = await runMaster(['hosts', 'rm', 'web-1', '--yes', '--dir', answers.dir]).done;
    expect([unasked.code, removed]).toEqual([0, 2]);
  });

  it('applies exactly the plan that was agreed to, and asks again where it is another by then', async () => {
    const bodies = moving(['aaaa', 'bbbb']);
    const { code, seen } = await typed('apply beta --detach', ['y\n', 'y\n']);
    expect(seen).toContain('Nothing was changed: what beta is to run has changed');
    expect(seen.split('Apply this to beta?')).toHaveLength(3);
    expect(seen).toContain('r12 started for beta');
    expect(bodies).toMatchObject([
      { environment: 'beta', toApply: true },
      { environment: 'beta', plan: 'aaaa' },
      { environment: 'beta', toApply: true },
      { environment: 'beta', plan: 'bbbb' },
    ]);
    expect(code).toBe(0);
  });

  it('changes nothing without a yes', async () => {
    const bodies = moving(['aaaa']);
    const { code, seen } = await typed('apply beta', ['n\n']);
    expect(seen).toContain('Nothing was changed.');
    expect(bodies).toHaveLength(1);
    expect(code).toBe(1);
  });

  it('asks also where its output goes elsewhere', async () => {
    moving(['aaaa']);
    const { code, seen } = await typed('apply beta --detach', ['n\n'], ' > /dev/null');
    expect(seen).toContain('~ web-1  5 steps');
    expect(seen).toContain('Apply this to beta?');
    expect(code).toBe(1);
  });

  it('asks nothing where all is in sync, but of a host that would change when it is back', async () => {
    const none = { rollout: null, plan: plan([sample.inSync('web-1')]), since: 1 };
    answers.json('POST /v1/apply', none);
    answers.json('POST /v1/plan', plan([sample.inSync('web-1')]));
    const still = await typed('apply beta', []);
    expect([still.code, still.seen.includes('[y/N]')]).toEqual([0, false]);
    answers.json('POST /v1/plan', plan([sample.inSync('web-1'), sample.offline('web-2')]));
    const away = await typed('apply beta', ['n\n']);
    expect([away.code, away.seen.includes('Apply this to beta?')]).toEqual([1, true]);
  });

  it('is told before any question that a rollout is going on', async () => {
    const error = { code: 'ROLLOUT_BUSY', message: 'r11 runs', hint: 'wait', exit: 5 };
    answers.json('POST /v1/plan', { error }, 409);
    const { code, seen } = await typed('apply beta', ['y\n']);
    expect(seen).toContain('r11 runs [ROLLOUT_BUSY]');
    expect(seen).not.toContain('[y/N]');
    expect(code).toBe(5);
  });

  it('goes back to the rollout that was shown, named as such', async () => {
    let body: unknown;
    const past = rollout('succeeded', [], { id: 'r6', endedAt: sample.at, exit: 0 });
    const now = rollout('succeeded', [], { endedAt: sample.at + 1, exit: 0 });
    answers.json('GET /v1/pipeline', { stages: [], freezes: [], arrivals: [] });
    answers.json('GET /v1/history/beta', { rollouts: [now, past] });
    answers.json('GET /v1/status', {
      environments: [{ environment: 'beta', release: '7f3a9c2d', images: [], hosts: [] }],
    });
    answers.routes.set('POST /v1/rollback', (asked, response) => {
      body = asked.body;
      response.end(JSON.stringify({ rollout: past, plan: plan([]), since: 1 }));
    });
    const { seen } = await typed('rollback beta --to r6 --detach', ['y\n']);
    expect(seen).toContain('which r6 brought');
    expect(body).toMatchObject({ environment: 'beta', release: 'r6' });
  });
});
