import { describe, expect, it } from 'vitest';
import { atPath, parseJsonPath } from '../../states/json-path.ts';
import { parseJsonMatch, parseMatch } from '../../states/match.ts';

describe('a path into JSON', () => {
  const value = { a: [{ 'b-c': 1 }], d: null, '': 2 };
  it.each([
    ['a[0].b-c', 1],
    ['$.a[0]', { 'b-c': 1 }],
    ['d', null],
    ['a[1]', undefined],
    ['a.length.x', undefined],
    ['toString', undefined],
  ])('%s', (raw, expected) => {
    const path = parseJsonPath(raw);
    expect(path.ok && atPath(value, path.value)).toEqual(expected);
  });

  it('into a list begins with its place', () => {
    const path = parseJsonPath('$[1].x');
    expect(path).toEqual({ ok: true, value: [1, 'x'] });
    expect(path.ok && atPath([0, { x: 3 }], path.value)).toBe(3);
  });

  it.each(['', '$', 'a..b', '.a', 'a[', 'a[x]', 'a]', 'a[0'])('is not %j', (raw) => {
    expect(parseJsonPath(raw).ok).toBe(false);
  });
});

describe('what an answer must hold', () => {
  it('is a text, or a pattern between slashes', () => {
    expect(parseMatch('up')).toEqual({ ok: true, value: { contains: 'up' } });
    expect(parseMatch('/up$/im')).toEqual({ ok: true, value: { pattern: 'up$', flags: 'im' } });
    expect(parseMatch('/')).toEqual({ ok: true, value: { contains: '/' } });
    expect(parseMatch('/api/v1')).toEqual({ ok: true, value: { contains: '/api/v1' } });
    expect(parseMatch('/api/up')).toMatchObject({ ok: false });
    expect(parseMatch('/(/')).toMatchObject({ ok: false });
    expect(parseJsonMatch(3)).toEqual({ ok: true, value: { equals: 3 } });
    expect(parseJsonMatch('x')).toEqual({ ok: true, value: { equals: 'x' } });
  });
});
