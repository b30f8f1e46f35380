import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { follow, graceMs, type FollowedItem } from '../../../master/cli/follow.ts';
import { openClient } from '../../../master/cli/client.ts';
import type { World } from '../../../protocol/world.ts';
import { Answers, runMaster } from './answers.ts';
import * as sample from './samples.ts';

let answers: Answers;
beforeEach(async () => {
  answers = await Answers.start();
});
afterEach(async () => {
  await answers.close();
});

const master = (...args: string[]) => runMaster([...args, '--dir', answers.dir]);
const { changes, host, inSync, plan, rollout } = sample;

/** Answers an apply and keeps its stream open; hands out each open stream with its `since`. */
function rollingOut(onStream: (response: ServerResponse, since: string | null) => void): void {
  const started = rollout('pulling', [host('web-1', 'queued')]);
  answers.json('POST /v1/apply', { rollout: started, plan: plan([changes('web-1')]), since: 40 });
  answers.routes.set('GET /v1/events', ({ query }, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    onStream(response, query.get('since'));
  });
}

const tell = (response: ServerResponse, ...items: readonly unknown[]): void => {
  response.write(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
};

describe('apply in a pipe', () => {
  it('with --yes asks for nothing, tells one line per transition, and ends with the result', async () => {
    let body: unknown;
    rollingOut((response) => {
      tell(response, sample.hostEvent(41, 'web-1', 'switching'));
      tell(response, sample.progress(42, 'web-1', 'starting', 'starfall-beta-api-1'));
      tell(response, sample.hostEvent(43, 'web-1', 'done'), sample.rolloutEvent(44, 'succeeded'));
    });
    const apply = answers.routes.get('POST /v1/apply');
    answers.routes.set('POST /v1/apply', (asked, response) => {
      body = asked.body;
      apply?.(asked, response);
    });
    const done = rollout('succeeded', [host('web-1', 'done')], { endedAt: sample.at + 4_000 });
    answers.json('GET /v1/rollouts/r12', done);
    const ran = await master('apply', 'beta', '--yes', '--host', 'web-*').done;
    expect(ran.out).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
08:40:41  web-1             switching        is switching
08:40:43  web-1             done             is done
08:40:44  beta              succeeded        r12 is succeeded
✓ beta runs release 7f3a9c2d (api 1.42.0) on 1 host, in 4 s
`,
    );
    expect(ran.code).toBe(0);
    expect(body).toMatchObject({ environment: 'beta', hosts: 'web-*' });
    expect((body as { actor: string }).actor).toMatch(/^.+@.+$/);
  });

  it('picks the stream up again where it broke when the master was killed', async () => {
    let since: string | null = null;
    rollingOut((response) => {
      tell(response, sample.hostEvent(41, 'web-1', 'switching'));
    });
    const run = master('apply', 'beta', '--yes');
    await run.said('is switching');
    await answers.die();
    await run.said('the master is away');
    rollingOut((response, from) => {
      since = from;
      tell(response, sample.hostEvent(42, 'web-1', 'done'), sample.rolloutEvent(43, 'succeeded'));
    });
    const done = rollout('succeeded', [host('web-1', 'done')], { endedAt: sample.at });
    answers.json('GET /v1/rollouts/r12', done);
    await answers.listen();
    const ran = await run.done;
    expect(since).toBe('41');
    expect(ran.err).toBe(
      'the master is away; the work goes on, trying again\nthe master is back\n',
    );
    expect(ran.out.match(/is (switching|done|succeeded)/g)).toEqual([
      'is switching',
      'is done',
      'is succeeded',
    ]);
    expect(ran.code).toBe(0);
  });

  it('is left by Ctrl-C with 130 and the words that follow it on', async () => {
    rollingOut((response) => {
      tell(response, sample.hostEvent(41, 'web-1', 'switching'));
    });
    const run = master('apply', 'beta', '--yes');
    await run.said('is switching');
    run.child.kill('SIGINT');
    const ran = await run.done;
    expect(ran.err).toBe('\ndetached; r12 goes on. Follow it with: master watch beta\n');
    expect(ran.code).toBe(130);
    expect(answers.asked.some((asked) => asked.includes('abort'))).toBe(false);
  });

  it('ends with the code and the evidence of a failure', async () => {
    rollingOut((response) => {
      tell(response, sample.rolloutEvent(41, 'rolled-back', 'web-1 failed'));
    });
    const failed = [host('web-1', 'reverted', { failures: [sample.failure] })];
    answers.json('GET /v1/rollouts/r12', rollout('rolled-back', failed, { exit: 3 }));
    const ran = await master('apply', 'beta', '--yes').done;
    expect(ran.code).toBe(3);
    expect(ran.out).toContain('│ cannot reach db');
    expect(ran.out).not.toContain('\u001b');
  });

  it('with --json passes on the events as they came, and nothing else', async () => {
    const items = [
      sample.progress(1, 'web-1', 'starting', 'x'),
      sample.rolloutEvent(41, 'succeeded'),
    ];
    rollingOut((response) => {
      tell(response, ...items);
    });
    answers.json('GET /v1/rollouts/r12', rollout('succeeded', [host('web-1', 'done')]));
    const ran = await master('apply', 'beta', '--yes', '--json').done;
    const lines = ran.out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(items);
    expect(ran.code).toBe(0);
  });

  it('does nothing more when there is nothing to do', async () => {
    const none = { rollout: null, plan: plan([inSync('web-1')]), since: 40 };
    answers.json('POST /v1/apply', none);
    const ran = await master('apply', 'beta', '--yes').done;
    expect(ran.out).toBe('Nothing to do: 1 host runs release 7f3a9c2d already.\n');
    expect(ran.code).toBe(0);
    expect(answers.asked).toEqual(['POST /v1/apply']);
  });

  it('does not stay with --detach', async () => {
    rollingOut(() => undefined);
    const ran = await master('apply', 'beta', '--yes', '--detach').done;
    expect(ran.out).toBe('r12 started for beta. Follow it with: master watch beta\n');
    expect(ran.code).toBe(0);
  });
});

describe('a refusal', () => {
  it('is said as the master said it, with its exit code', async () => {
    const error = { code: 'ROLLOUT_BUSY', message: 'r11 runs', hint: 'wait', exit: 5 };
    answers.json('POST /v1/apply', { error }, 409);
    const ran = await master('apply', 'beta', '--yes').done;
    expect(ran.err).toBe('error: r11 runs [ROLLOUT_BUSY]\n  hint: wait\n');
    expect(ran.code).toBe(5);
    const json = await master('apply', 'beta', '--yes', '--json').done;
    expect(JSON.parse(json.err)).toEqual({ error });
  });

  it('of a master that does not run is exit 8, of one never set up exit 1', async () => {
    await answers.die();
    const never = await master('status').done;
    expect([never.code, never.err]).toEqual([1, expect.stringContaining('[MASTER_UNSET]')]);
    await setUp();
    const down = await master('status').done;
    expect([down.code, down.err]).toEqual([8, expect.stringContaining('[MASTER_DOWN]')]);
  });

  it('of a command line that makes no sense is exit 1', async () => {
    for (const args of [['frob'], ['apply'], ['plan', 'beta', '--frob'], []]) {
      expect((await runMaster(args).done).code).toBe(1);
    }
    const help = await runMaster(['apply', '--help']).done;
    expect([help.code, help.err]).toEqual([0, '']);
  });
});

describe('a stream', () => {
  it('is given up with MASTER_DOWN when the master stays away too long', async () => {
    await answers.die();
    let now = 0;
    const world: World = {
      now: () => now,
      random: () => 0,
      sleep: (ms) => {
        now += ms;
        return Promise.resolve();
      },
    };
    const client = openClient({ dir: answers.dir });
    const { signal } = new AbortController();
    await setUp();
    const seen: FollowedItem[] = [];
    await expect(async () => {
      for await (const item of follow({ client, filter: {}, since: 0, world, signal })) {
        seen.push(item);
      }
    }).rejects.toMatchObject({ data: { code: 'MASTER_DOWN' } });
    expect(seen).toEqual([{ type: 'lost', since: 0 }]);
    expect(now).toBeGreaterThan(graceMs);
    expect(now).toBeLessThan(graceMs + 1_000);
  });
});

describe('a master elsewhere', () => {
  it('is asked over TLS with the token, and trusted only by the CA named', async () => {
    const subject = ['-subj', '/CN=master', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const [key, cert] = [join(answers.dir, 'key.pem'), join(answers.dir, 'cert.pem')];
    const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const heads: (string | undefined)[] = [];
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (request, response) => {
        heads.push(request.headers.authorization);
        response.end(JSON.stringify({ hosts: [{ host: 'web-1', ok: true, ms: 1.25 }] }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const args = ['ping', '--url', `https://127.0.0.1:${port}`];
    const env = { BRINE_TOKEN: 'secret-1' };
    const trusted = await runMaster([...args, '--ca', cert], env).done;
    const stranger = await runMaster(args, env).done;
    const broken = await runMaster([...args, '--ca', cert], { BRINE_TOKEN: 'a\r\nb: c' }).done;
    server.close();
    expect(trusted.out).toContain('web-1  1.3 ms');
    expect([trusted.code, heads]).toEqual([0, ['Bearer secret-1']]);
    expect([stranger.code, stranger.err]).toEqual([8, expect.stringContaining('self-signed')]);
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('not a token')]);
  });
});

/** What a master that was set up leaves in its directory even while it does not run. */
const setUp = (): Promise<void> => writeFile(join(answers.dir, 'master.yaml'), '');
