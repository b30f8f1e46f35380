import { describe, expect, it } from 'vitest';
import { maskedDifference, maskedStep } from '../../../master/services/masked.ts';
import type { Step } from '../../../states/step.ts';
import { specWords } from '../../../states/spec-words.ts';
import { spec } from '../../states/fixture.ts';

const env = (name: string, from: string | null, to: string | null) =>
  maskedDifference({ what: `env ${name}`, from, to });

describe('values of env in a plan', () => {
  it.each(['LOG_LEVEL', 'DB_HOST', 'MONKEY', 'KEYBOARD', 'AUTHOR', 'COMPASS'])(
    '%s is told as it stands in git',
    (name) => {
      expect(env(name, 'a', 'b')).toEqual({ what: `env ${name}`, from: 'a', to: 'b' });
    },
  );

  it.each([
    'DB_PASSWORD',
    'PGPASSWORD',
    'API_TOKEN',
    'STRIPE_KEY',
    'apiKey',
    'CLIENT_SECRET',
    'DSN',
  ])('%s is not told, only that it changes', (name) => {
    const text = JSON.stringify([env(name, 'old-1', 'new-2'), env(name, null, 'new-2')]);
    expect(text).not.toMatch(/old-1|new-2/);
    expect(text).toContain('•••• (changed)');
  });

  it('are hidden where the value itself holds a password', () => {
    expect(env('DATABASE', 'x', 'postgres://app:hunter2@db/app')).toEqual({
      ...{ what: 'env DATABASE', from: '••••', to: '•••• (changed)' },
    });
    expect(env('PEM', null, '-----BEGIN EC PRIVATE KEY-----\nx')).toMatchObject({ to: '••••' });
    expect(env('SITE', null, 'https://db/app')).toMatchObject({ to: 'https://db/app' });
  });
});

describe('arguments in a plan', () => {
  const shown = (command: readonly string[]): string => {
    const to = specWords(spec({ command })).get('command') ?? null;
    return maskedDifference({ what: 'command', from: null, to }).to ?? '';
  };

  it.each([
    [['run', '--password=hunter2', '--port=80'], 'run --password=•••• --port=80'],
    [['run', '--token', 'hunter2', '--verbose'], 'run --token •••• --verbose'],
    [['run', '--token', 'hunter2 and more'], 'run --token ••••'],
    [['run', '--password=hunter2 and more'], 'run "--password=••••"'],
    [['run', '-Ddb.password=hunter2'], 'run -Ddb.password=••••'],
    [['env', 'API_KEY=hunter2', 'run'], 'env API_KEY=•••• run'],
    [['run', '--auth', '--port', '80'], 'run --auth --port 80'],
    [['run', '--monkey=banana', 'token', 'x'], 'run --monkey=banana token x'],
    [['sh', '-c', 'run --password "hunter2 x" | tee'], 'sh -c "run --password •••• | tee"'],
    [['sh', '-c', "PGPASSWORD='hunter2 x' psql -c 'a = b'"], 'sh -c "PGPASSWORD=••••"'],
  ])('of %j are told without what is secret', (command, expected) => {
    expect(shown(command)).toBe(expected);
  });

  it('that differ in what is secret only are told to change', () => {
    const [from, to] = ['run --password=old-1', 'run --password=new-2'];
    expect(maskedDifference({ what: 'command', from, to })).toEqual({
      ...{ what: 'command', from: 'run --password=••••', to: 'run --password=•••• (changed)' },
    });
  });

  it('stand in no step either', () => {
    const words = ['run', '--password=hunter2', '--token', 'hunter2'];
    const check = {
      kind: 'exec',
      command: words,
      intervalMs: 1,
      timeoutMs: 1,
      startMs: 1,
      retries: 1,
    } as const;
    const whole = spec({
      ...{ command: words, entrypoint: words, healthcheck: check },
      drain: { probe: check, timeoutMs: 1 },
    });
    const step = { do: 'create', spec: whole, why: { why: 'missing' } } as unknown as Step;
    const text = JSON.stringify(maskedStep(step));
    expect(text).not.toContain('hunter2');
    expect(text.match(/--password=••••/g)).toHaveLength(4);
  });
});
