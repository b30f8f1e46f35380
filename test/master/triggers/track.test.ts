import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidates, needsTimes, newestOf } from '../../../master/triggers/track.ts';

const tags = [
  'latest',
  '1.9.0',
  '1.10.0',
  'v1.10.1',
  '2.0.0-rc.1',
  '2.0.0',
  'main-3e1f0ab',
  '0.9.0',
];

describe('following a range of versions', () => {
  it('takes the highest, not the last by letters', () => {
    expect(candidates({ semver: '>=1.0.0 <2.0.0' }, tags)).toEqual(['v1.10.1', '1.10.0', '1.9.0']);
    expect(candidates({ semver: '^1.9' }, tags)[0]).toBe('v1.10.1');
  });

  it('takes what is not finished only where the range says so', () => {
    expect(candidates({ semver: '>=2.0.0-0' }, tags)).toEqual(['2.0.0', '2.0.0-rc.1']);
    expect(candidates({ semver: '>=1.0.0' }, ['2.0.0-rc.1', '1.0.0'])).toEqual(['1.0.0']);
  });

  it('does not depend on the order in which the registry lists', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(tags, { minLength: tags.length }), (shuffled) => {
        expect(candidates({ semver: '>=0' }, shuffled)).toEqual(
          candidates({ semver: '>=0' }, tags),
        );
      }),
    );
  });
});

describe('following the newest', () => {
  it('leaves the choice among those that match to the time they were made', () => {
    const track = { newest: '^main-[0-9a-f]{7}$' };
    expect(candidates(track, [...tags, 'main-0000000'])).toEqual(['main-3e1f0ab', 'main-0000000']);
    expect([needsTimes(track), needsTimes({ semver: '*' }), needsTimes({ digest: 'x' })]).toEqual([
      ...[true, false, false],
    ]);
    const dated = [
      { tag: 'a', createdAt: 1 },
      { tag: 'b', createdAt: 3 },
      { tag: 'c', createdAt: 3 },
    ];
    expect(newestOf(dated)).toBe('c');
    expect(newestOf([...dated].reverse())).toBe('c');
    expect(newestOf([])).toBeUndefined();
  });
});

describe('following one tag', () => {
  it('knows no other', () => {
    expect(candidates({ digest: 'latest' }, tags)).toEqual(['latest']);
    expect(candidates({ digest: 'edge' }, tags)).toEqual([]);
  });
});
