import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from '../../states/suggest.ts';

const keys = ['image', 'targets', 'ports', 'env', 'healthcheck', 'limits', 'rollout', 'stop'];

describe('a suggestion', () => {
  it.each([
    ['helthcheck', 'healthcheck'],
    ['healtcheck', 'healthcheck'],
    ['health_check', 'healthcheck'],
    ['Image', 'image'],
    ['IMAGE', 'image'],
    ['imgae', 'image'],
    ['port', 'ports'],
    ['target', 'targets'],
    ['envs', 'env'],
    ['rolluot', 'rollout'],
    ['stop', 'stop'],
  ])('for %s is %s', (word, known) => {
    expect(suggest(word, keys)).toBe(known);
  });

  it.each(['', 'command', 'x', 'xy', 'networks', 'e'.repeat(100)])('for %s is none', (word) => {
    expect(suggest(word, keys)).toBeUndefined();
  });

  it('is the first of equally near ones, and none where nothing is known', () => {
    expect(suggest('beta3', ['beta1', 'beta2'])).toBe('beta1');
    expect(suggest('beta', [])).toBeUndefined();
  });
});

describe('the edit distance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'ac', 1],
    ['abc', 'abxc', 1],
    ['abc', 'abd', 1],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('of %s and %s is %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is the same both ways and no longer than the longer word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
