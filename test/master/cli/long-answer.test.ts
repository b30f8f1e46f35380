import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers, runMaster } from './answers.ts';
import * as sample from './samples.ts';

let answers: Answers;
beforeEach(async () => {
  answers = await Answers.start();
});
afterEach(() => answers.close());

describe('an answer', () => {
  it('may be long, and come in the same piece as its head', async () => {
    const events = Array.from({ length: 2_000 }, (_, index) =>
      sample.hostEvent(index + 1, 'web-1', 'done'),
    );
    answers.json('GET /v1/events', { events });
    const ran = await runMaster(['events', '-n', '3', '--dir', answers.dir]).done;
    expect([ran.code, ran.err]).toEqual([0, '']);
  });
});
