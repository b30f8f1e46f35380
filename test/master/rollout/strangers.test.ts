import { afterEach, describe, expect, it } from 'vitest';
import { strangersIn } from '../../../master/rollout/strangers.ts';
import { Fixture, requestOf } from './fixture.ts';
import { hostId } from './model.ts';
import { quiet } from './world.ts';

const [h1, h2] = [hostId('h1'), hostId('h2')];
let fixture: Fixture;
afterEach(() => fixture.close());

describe('a host that was removed while the master died over it', () => {
  it('is found at the next start, and a machine of its name is told nothing', async () => {
    fixture = await Fixture.start([h1, h2]);
    const { id } = await fixture.driver.start(requestOf(fixture, 1));
    await fixture.toEnd(id);
    expect(await strangersIn(fixture.store, [{ id: h1 }, { id: h2 }])).toEqual([]);
    expect(await strangersIn(fixture.store, [{ id: h1 }])).toEqual([h2]);
    await fixture.driver.forget(h2);
    await quiet();
    expect(await fixture.desired(h2)).toBeUndefined();
    expect(await strangersIn(fixture.store, [{ id: h1 }])).toEqual([]);
  });
});
