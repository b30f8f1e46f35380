// What containers on a real Engine say, by themselves and when a command is run in them.

import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/product.ts';
import { name, OneHost, shell } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

describe('the log', () => {
  it('is the newest lines of both outputs', async () => {
    await one.run(
      shell('for i in 1 2 3 4; do echo "out $i"; echo "err $i" >&2; done; printf "no end"'),
    );
    await one.host.docker('wait', name);
    const all = await one.engine.logs(name, 100);
    expect(all.toSorted()).toEqual(
      ['err', 'out']
        .flatMap((kind) => [1, 2, 3, 4].map((turn) => `${kind} ${turn}`))
        .concat('no end')
        .toSorted(),
    );
    expect(all.filter((line) => line.startsWith('out'))).toEqual([
      'out 1',
      'out 2',
      'out 3',
      'out 4',
    ]);
    expect(await one.engine.logs(name, 3)).toEqual(all.slice(-3));
    expect(await one.engine.logs(name, 0)).toEqual([]);
  });

  it('of very long lines is whole', async () => {
    await one.run(
      shell('busybox head -c 50000 /dev/zero | busybox tr "\\\\0" "x"; echo; echo end'),
    );
    await one.host.docker('wait', name);
    const lines = await one.engine.logs(name, 20);
    expect(lines.map(({ length }) => length)).toEqual([50_000, 3]);
  });

  it('that is kept nowhere is empty', async () => {
    const image = `${one.image.repository}:${one.image.tag}`;
    await one.host.docker('run', '--detach', '--name', 'mute', '--log-driver', 'none', image);
    expect(await one.engine.logs('mute', 5)).toEqual([]);
  });
});

describe('a command in a container', () => {
  const run = (script: string, timeoutMs = 10_000, signal?: AbortSignal) =>
    one.engine.exec(name, ['/bin/sh', '-c', script], {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });

  /** Command lines of what runs in the container, beside what it was started with. */
  const inside = async (): Promise<string[]> => {
    const text = await one.host.docker('top', name, '-o', 'pid');
    const pids = text
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
    const lines = pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    return lines.filter((line) => line.includes('sleep')).map((line) => line.replaceAll('\0', ' '));
  };

  it('tells its exit code and both outputs', async () => {
    await one.run();
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      output: expect.stringMatching(/^(out\nerr|err\nout)\n$/) as string,
    });
    expect(await run('true; echo "$VERSION"')).toEqual({ exitCode: 0, output: '1.0.0\n' });
  });

  it('that does not exist says so', async () => {
    await one.run();
    expect(await one.engine.exec(name, ['/nope'], { timeoutMs: 5_000 })).toEqual({
      exitCode: 126,
      output: 'exec: "/nope": stat /nope: no such file or directory',
    });
  });

  it('that takes too long is ended, with all that it began', async (test) => {
    one.own(test);
    await one.run();
    const ran = await run('echo begun; busybox sleep 77 | busybox sleep 78; echo done', 500);
    expect(ran).toEqual({ exitCode: -1, output: 'begun\n' });
    await until('nothing of it is left', async () => (await inside()).length === 0);
    expect((await one.engine.inspect(name))?.status).toBe('running');
  });

  it('that nobody waits for any more is ended too', async (test) => {
    one.own(test);
    await one.run();
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 500);
    const given = run('busybox sleep 77', 30_000, stop.signal);
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    await until('nothing of it is left', async () => (await inside()).length === 0);
  });

  it('that says very much is read to its end and told in part', async () => {
    await one.run();
    const { exitCode, output } = await run('busybox head -c 20000000 /dev/zero; exit 5', 60_000);
    expect(exitCode).toBe(5);
    expect(output.length).toBeGreaterThan(60_000);
    expect(output.length).toBeLessThanOrEqual(65_536);
  });

  it('cannot be run where the container does not run', async () => {
    await one.create();
    await expect(run('true')).rejects.toMatchObject({
      data: {
        code: 'DOCKER_ERROR',
        message: expect.stringContaining('is not running') as string,
        where: name,
      },
    });
  });

  it('can be run many times at once', async () => {
    await one.run();
    const runs = Array.from({ length: 20 }, (_, index) => run(`echo ${index}; exit ${index}`));
    expect(await Promise.all(runs)).toEqual(
      runs.map((_, index) => ({ exitCode: index, output: `${index}\n` })),
    );
  });
});
