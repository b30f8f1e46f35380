import { describe, expect, it } from 'vitest';
import { maskedDifference } from '../../../master/services/masked.ts';

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
