// A test that is asked of a host over a real link: it may take long, is heard while it runs, and ends
// when nobody waits for it any more.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Call } from '../../../protocol/messages.ts';
import type { Tested } from '../../../protocol/test-schema.ts';
import type { EnvironmentName } from '../../../states/ids.ts';
import { FleetFixture, hostId, until, type TestLink } from './fixture.ts';

let master: FleetFixture;
let minion: TestLink;
const web1 = hostId('web-1');
beforeEach(async () => {
  master = await FleetFixture.start();
  minion = master.link(await master.host('web-1'));
  await until('it is linked', () => master.fleet.connected().includes(web1));
});
afterEach(() => master.close());

const call: Extract<Call, { verb: 'test' }> = {
  ...{
    verb: 'test',
    project: 'shop',
    environment: 'beta' as EnvironmentName,
    network: 'shop-beta',
  },
  ...{ test: 'smoke', run: 'p1-1', timeoutMs: 900_000 },
  request: {
    ...{ kind: 'http', url: 'http://10.0.0.1:8080/up', intervalMs: 1_000 },
    expect: { status: 200, headers: {}, json: { status: { equals: 'ok' } } },
  },
};

const tested: Tested = {
  ...{ verdict: 'failed', detail: 'no', durationMs: 5, exitCode: 1, counts: null },
  output: { head: 'no\n', tail: '', omittedLines: 0, omittedChars: 0 },
};

it('is asked whole, heard while it runs, and answered', async () => {
  let asked: Call | undefined;
  minion.onCall = async (given, _, say) => {
    asked = given;
    say(['one', 'two']);
    say(['three']);
    return tested;
  };
  const heard: string[] = [];
  const onLines = (lines: readonly string[]): void => void heard.push(...lines);
  expect(await master.fleet.call(web1, call, 900_000, { onLines })).toEqual(tested);
  expect(asked).toEqual(call);
  expect(heard).toEqual(['one', 'two', 'three']);
});

it('is cancelled on the host when the master does not wait any more', async () => {
  let cancelled = false;
  let said: ((lines: readonly string[]) => void) | undefined;
  minion.onCall = (_, signal, say) =>
    new Promise((_resolve, reject) => {
      said = say;
      signal.addEventListener('abort', () => {
        cancelled = true;
        reject(new Error('cancelled'));
      });
    });
  const stop = new AbortController();
  const heard: string[] = [];
  const ran = master.fleet.call(web1, call, 900_000, {
    signal: stop.signal,
    onLines: (lines) => void heard.push(...lines),
  });
  await until('it runs', () => said !== undefined);
  stop.abort(new Error('the promotion was aborted'));
  await expect(ran).rejects.toThrow('the promotion was aborted');
  await until('the host has heard', () => cancelled);
  said?.(['too late']);
  expect(await master.fleet.call(web1, call, 1).catch(() => 'none')).toBe('none');
  expect(heard).toEqual([]);
  const gone = master.fleet.call(web1, call, 1_000, { signal: stop.signal });
  await expect(gone).rejects.toThrow('the promotion was aborted');
});

it('is cancelled on the host when the link ends, and the master is told that the host was lost', async () => {
  let cancelled = false;
  let runs = false;
  minion.onCall = (_, signal) =>
    new Promise((_resolve, reject) => {
      runs = true;
      signal.addEventListener('abort', () => {
        cancelled = true;
        reject(new Error('cancelled'));
      });
    });
  const ran = master.fleet.call(web1, call, 900_000);
  ran.catch(() => undefined);
  await until('it runs', () => runs);
  master.fleet.disconnect(web1, 'the cable was cut');
  await expect(ran).rejects.toMatchObject({ data: { code: 'HOSTS_MISSING', where: 'web-1' } });
  await until('the host has noticed', () => cancelled);
});
