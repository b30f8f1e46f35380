import { describe, expect, it } from 'vitest';
import { Connection, type Job } from '../../../minion/engine/connection.ts';

const job = (more: Partial<Job> = {}): Job => ({ what: 'list of containers', ms: 60_000, ...more });
const failure = (code: string): Error => Object.assign(new Error('it broke'), { code });
const refusal = (statusCode: number, text: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${text} `), { statusCode });
const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('aborted', 'AbortError'));
    });
  });

const connectionOf = (negotiate: () => Promise<number> = async () => 1) =>
  new Connection({ where: 'unix:///docker.sock', negotiate });

describe('a call', () => {
  it('that is not answered in time is a fault of the Engine', async () => {
    const late = connectionOf().call(job({ ms: 20 }), (_, { signal }) => never(signal));
    await expect(late).rejects.toMatchObject({
      data: {
        code: 'DOCKER_DOWN',
        message: 'the Docker Engine did not answer within 0.02 s: list of containers',
        where: 'unix:///docker.sock',
      },
    });
  });

  it('may go on as long as there are signs of life', async () => {
    const from = performance.now();
    const lively = connectionOf().call(job({ ms: 200, perSign: true }), async (_, call) => {
      for (let turn = 0; turn < 8; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        call.alive();
      }
      return call.signal.aborted;
    });
    expect(await lively).toBe(false);
    expect(performance.now() - from).toBeGreaterThan(350);
  });

  it('ends with the caller’s own reason when the caller gives up', async () => {
    const stop = new AbortController();
    const given = connectionOf().call(job({ signal: stop.signal }), (_, call) =>
      never(call.signal),
    );
    stop.abort(new Error('not wanted any more'));
    await expect(given).rejects.toThrow('not wanted any more');
    await expect(connectionOf().call(job({ signal: stop.signal }), async () => 1)).rejects.toThrow(
      'not wanted any more',
    );
  });

  it.each([
    ['ENOENT', 'there is no Docker Engine at unix:///docker.sock'],
    ['ECONNREFUSED', 'no Docker Engine listens at unix:///docker.sock'],
    ['EACCES', 'this user may not speak to the Docker Engine at unix:///docker.sock'],
    ['ECONNRESET', 'the Docker Engine at unix:///docker.sock broke the connection off'],
    [
      'HPE_INVALID_CONSTANT',
      'the Docker Engine at unix:///docker.sock cannot be reached: Error: it broke',
    ],
  ])('that fails with %s says so in words', async (code, message) => {
    const failed = connectionOf().call(job(), () => Promise.reject(failure(code)));
    await expect(failed).rejects.toMatchObject({ data: { code: 'DOCKER_DOWN', message } });
  });

  it('that is refused is told by who asked', async () => {
    const refused = (): Promise<never> => Promise.reject(refusal(500, 'a - b - c'));
    await expect(connectionOf().call(job(), refused)).rejects.toMatchObject({
      data: { code: 'DOCKER_ERROR', message: 'a - b - c' },
    });
    const own = job({
      refused: ({ status, text }) => ({ code: 'NAME_TAKEN', message: `${status} ${text}` }),
    });
    await expect(connectionOf().call(own, refused)).rejects.toMatchObject({
      data: { code: 'NAME_TAKEN', message: '500 a - b - c' },
    });
  });

  it('with a defect of ours lets it through', async () => {
    const defect = new TypeError('cannot read properties of undefined');
    await expect(connectionOf().call(job(), () => Promise.reject(defect))).rejects.toBe(defect);
  });

  it('that only reads is asked once more where a kept connection was dead', async () => {
    const answers = (): (() => Promise<string>) => {
      let turn = 0;
      return () =>
        (turn += 1) === 1 ? Promise.reject(failure('ECONNRESET')) : Promise.resolve('yes');
    };
    expect(await connectionOf().call(job({ again: true }), answers())).toBe('yes');
    await expect(connectionOf().call(job(), answers())).rejects.toMatchObject({
      data: { code: 'DOCKER_DOWN' },
    });
  });
});

describe('the negotiation', () => {
  it('is made once, by all who call meanwhile', async () => {
    let greetings = 0;
    const connection = connectionOf(async () => (greetings += 1));
    const calls = [1, 2, 3].map(() => connection.call(job(), async (client) => client));
    expect(await Promise.all(calls)).toEqual([1, 1, 1]);
  });

  it('is made again after a failure, and after the Engine was away', async () => {
    let greetings = 0;
    const connection = connectionOf(async () => {
      greetings += 1;
      if (greetings === 1) throw failure('ENOENT');
      return greetings;
    });
    await expect(connection.call(job(), async () => 0)).rejects.toMatchObject({
      data: { code: 'DOCKER_DOWN' },
    });
    expect(await connection.call(job(), async (client) => client)).toBe(2);
    await connection.call(job(), () => Promise.reject(failure('EPIPE'))).catch(() => undefined);
    expect(await connection.call(job(), async (client) => client)).toBe(3);
    connection.lost();
    expect(await connection.call(job(), async (client) => client)).toBe(4);
  });
});
