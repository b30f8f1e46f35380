import { describe, expect, it } from 'vitest';
import { unknownName } from '../../states/unknown-name.ts';

const said = (name: string, known: readonly string[]): string =>
  unknownName('host is named', name, known).data.message;

describe('a name that nothing has', () => {
  it('is answered with what was meant, else with what there is', () => {
    expect(said('wbe-1', ['web-1', 'db-1'])).toBe('no host is named wbe-1; did you mean web-1?');
    expect(said('nope', ['web-1', 'db-1'])).toBe('no host is named nope; there are web-1, db-1');
    expect(said('nope', ['web-1'])).toBe('no host is named nope; there is only web-1');
    expect(said('nope', [])).toBe('no host is named nope; there are none');
    const many = Array.from({ length: 20 }, (_, number) => `game-${number}`);
    expect(said('nope', many)).toMatch(/game-7 and 12 more$/);
  });
});
