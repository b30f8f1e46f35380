import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveHook, type Hook } from '../../../master/triggers/hooks.ts';
import type { Hint } from '../../../master/triggers/hints.ts';
import { Fixture } from './fixture.ts';

const secret = 'correct-horse-battery';
const hooks = new Map<string, Hook>([
  ['ci', { kind: 'generic', secret }],
  ['states', { kind: 'git', secret }],
]);

let master: Fixture;
let hinted: Hint[];
let pushes: number;
beforeEach(async () => {
  master = await Fixture.start();
  hinted = [];
  pushes = 0;
  const hint = (hints: readonly Hint[]): Promise<readonly string[]> => {
    hinted.push(...hints);
    return Promise.resolve(['api']);
  };
  master.given.hook = (name, call) =>
    receiveHook(hooks, String(name), call as Parameters<typeof receiveHook>[2], {
      hint,
      pushed: () => void (pushes += 1),
    });
});
afterEach(() => master.close());

interface Sent {
  readonly status: number;
  readonly body: string;
}

const send = (path: string, body: string, headers: Record<string, string> = {}): Promise<Sent> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(master.ca);
    const options = { method: 'POST', ca, headers };
    const sent = request(`${master.url}${path}`, options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });

const body = '{ "repository": "team/api",   "tag": "1.0.0" }';
const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('a hook', () => {
  it('needs no token but its own proof, over the very bytes that were sent', async () => {
    const sent = await send('/v1/hooks/ci', body, { 'x-hub-signature-256': signature });
    expect(sent).toEqual({ status: 200, body: '{"looking":["api"]}' });
    expect(hinted).toEqual([{ repository: 'team/api', tag: '1.0.0' }]);
  });

  it('of git may be that of any forge, and says nothing but that there is something to see', async () => {
    const push = '{ "ref": "refs/heads/main" }';
    const signed = `sha256=${createHmac('sha256', secret).update(push).digest('hex')}`;
    const sent = await send('/v1/hooks/states', push, { 'x-hub-signature-256': signed });
    expect(sent).toEqual({ status: 200, body: '{"looking":[]}' });
    expect((await send('/v1/hooks/states', push, { 'x-gitlab-token': secret })).status).toBe(200);
    expect((await send('/v1/hooks/states', push, { 'x-gitlab-token': 'guess' })).status).toBe(403);
    expect([pushes, hinted]).toEqual([2, []]);
  });

  it('may say of its content whatever it likes', async () => {
    const types = ['application/json', 'application/vnd.docker.distribution.events.v1+json'];
    for (const type of types) {
      const headers = { 'content-type': type, authorization: `Bearer ${secret}` };
      expect((await send('/v1/hooks/ci', body, headers)).status).toBe(200);
    }
    expect((await send(`/v1/hooks/ci?secret=${secret}`, body)).status).toBe(200);
  });

  it('is refused alike with a wrong proof, with none, and where there is no such hook', async () => {
    const wrong = { 'x-hub-signature-256': signature.replace(/.$/, 'x') };
    const answers = [
      await send('/v1/hooks/ci', body, wrong),
      await send('/v1/hooks/ci', body),
      await send('/v1/hooks/ci', `${body} `, { 'x-hub-signature-256': signature }),
      await send('/v1/hooks/other', body, { 'x-hub-signature-256': signature }),
    ];
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]?.status).toBe(403);
    expect(hinted).toEqual([]);
  });

  it('that is no JSON, or too large, changes nothing', async () => {
    const headers = { authorization: secret };
    expect((await send('/v1/hooks/ci', 'no JSON', headers)).status).toBe(400);
    const large = await send('/v1/hooks/ci', 'x'.repeat(1_100_000), headers).catch(() => undefined);
    expect(large?.status ?? 400).toBe(400);
    expect(hinted).toEqual([]);
  });

  it('that is sent often is heard every time, as a registry tells of each pull', async () => {
    const headers = { authorization: secret };
    const all = await Promise.all(
      Array.from({ length: 200 }, () => send('/v1/hooks/ci', body, headers)),
    );
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('that is wrong has to wait when it is sent often, and so has a right one from there', async () => {
    const headers = { authorization: 'a guess' };
    const all = [];
    for (let turn = 0; turn < 64; turn += 1) all.push(await send('/v1/hooks/ci', body, headers));
    expect(all.slice(0, 60).map(({ status }) => status)).toEqual(Array(60).fill(403));
    expect(all.at(-1)).toMatchObject({ status: 429 });
    expect(all.at(-1)?.body).toContain('too many hooks');
    const right = await send('/v1/hooks/ci', body, { authorization: secret });
    expect(right.status).toBe(429);
  });
});
