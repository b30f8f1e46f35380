import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../master/lifecycle.ts';

const logged: string[] = [];
const log = pino({}, { write: (line: string) => void logged.push(line) });

describe('what is open', () => {
  it('is closed once, in the opposite order, past what fails or hangs', async () => {
    const closed: string[] = [];
    const life = new Lifecycle(log);
    const close = (name: string) => closed.push(name);
    expect(life.opened('store', 'store', close)).toBe('store');
    life.opened('broken', 'broken', () => {
      throw new Error('no');
    });
    life.opened('stuck', 'stuck', () => new Promise(() => undefined));
    life.opened('api', 'api', close);
    await Promise.all([life.close(50), life.close(50)]);
    expect(closed).toEqual(['api', 'store']);
    expect(logged.join()).toMatch(/stuck[\s\S]*broken/);
  });
});

describe('a process that is asked to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'hears %s, and ends at once by a second',
    async (signal) => {
      const module = JSON.stringify(join(import.meta.dirname, '../../master/lifecycle.ts'));
      const program = `
      const { endAsked } = await import(${module});
      setInterval(() => {}, 1000);
      const heard = endAsked(process);
      process.stdout.write('up\\n');
      process.stdout.write(await heard);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
      const said = () => new Promise((resolve) => child.stdout.once('data', resolve));
      await said();
      const heard = said();
      child.kill(signal);
      expect(String(await heard)).toBe(signal);
      const ended = new Promise((resolve) =>
        child.once('close', (_, by) => {
          resolve(by);
        }),
      );
      child.kill(signal);
      expect(await ended).toBe(signal);
    },
  );
});
