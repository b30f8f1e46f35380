import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../minion/keep/watcher.ts';
import { labelsOf } from '../../../states/naming.ts';
import { beta, specOf, stateOf } from '../samples.ts';

const labels = labelsOf(stateOf(beta), specOf('api'));
const event = (action: string, more: Record<string, string> = {}) => ({
  ...({ type: 'container', action, id: 'c0ffee', name: 'starfall-beta-api-1' } as const),
  labels: { ...labels, ...more },
});

describe('an event of the Engine', () => {
  it.each([
    ['die', { exitCode: '137' }, 'it ended with exit code 137', true],
    ['destroy', {}, 'it was removed', true],
    ['pause', {}, 'it was paused', false],
    ['rename', {}, 'it was renamed', true],
    ['health_status: unhealthy', {}, 'its HEALTHCHECK says that it is unhealthy', false],
    ['start', {}, undefined, true],
  ])('%s of ours is understood', (action, more, what, moved) => {
    expect(meaningOf(event(action, more))).toMatchObject({
      ...{ what, moved, owner: { environment: 'beta', service: 'api', slot: 1 } },
    });
  });

  it('of a stranger, or that changes nothing, means nothing', () => {
    expect(meaningOf({ ...event('die'), labels: { exitCode: '1' } })).toBeUndefined();
    expect(meaningOf(event('exec_create: /bin/true'))).toBeUndefined();
    expect(meaningOf({ ...event('die'), type: 'network' })).toBeUndefined();
  });
});
