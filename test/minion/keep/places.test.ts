import { describe, expect, it } from 'vitest';
import { loopingIn, namesOf } from '../../../minion/keep/places.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed } from '../../../states/observed.ts';
import { beta, specOf, stateOf } from '../samples.ts';

const specs = [specOf('api'), specOf('api', { slot: 2 }), specOf('game')];
const state = stateOf(beta, specs);
const [first, second, game] = specs.map((spec) => containerName({ ...state, spec }));

describe('the containers of a service', () => {
  it('are those of all its places', () => {
    expect(namesOf(state, 'api')).toEqual([first, second]);
    expect(namesOf(state, 'nobody')).toEqual([]);
  });

  it('are left to Docker while Docker starts the right one again, and no other', () => {
    const containers = [
      { name: game, service: 'game', status: 'restarting' },
      { name: 'an-older-one', service: 'api', status: 'restarting' },
      { name: first, service: 'api', status: 'running' },
    ];
    const looping = loopingIn(state, { containers } as unknown as Observed);
    expect([...looping]).toEqual([['game', { service: 'game', container: game }]]);
  });
});
