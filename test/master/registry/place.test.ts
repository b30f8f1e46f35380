import { describe, expect, it } from 'vitest';
import { parseRepository } from '../../../master/registry/place.ts';

describe('the place of a repository', () => {
  it.each([
    ['redis', 'https://registry-1.docker.io', 'library/redis'],
    ['team/api', 'https://registry-1.docker.io', 'team/api'],
    ['registry.example.com/a/b', 'https://registry.example.com', 'a/b'],
    ['registry.example.com:5000/api', 'https://registry.example.com:5000', 'api'],
    ['localhost:5000/api', 'http://localhost:5000', 'api'],
    ['127.0.0.9:5000/api', 'http://127.0.0.9:5000', 'api'],
    ['[::1]:5000/api', 'http://[::1]:5000', 'api'],
  ])('%s is %s, %s', (repository, origin, name) => {
    expect(parseRepository(repository, false)).toMatchObject({ origin, name });
  });

  it('is spoken to plainly where that is allowed', () => {
    expect(parseRepository('10.0.0.1:5000/api', true).origin).toBe('http://10.0.0.1:5000');
  });

  it.each(['a.b/../x', 'a.b/x?y', 'a.b@c.d/x', 'a.b/', 'UPPER/x', 'a.b:x/y'])(
    '%s is none',
    (raw) => {
      expect(() => parseRepository(raw, false)).toThrow();
    },
  );
});
