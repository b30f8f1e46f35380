import { describe, expect, it } from 'vitest';
import { runsWords } from '../../../master/cli/render/runs.ts';
import type { Running } from '../../../protocol/messages.ts';
import { running } from './samples.ts';

const unnamed = (image: string): Running => ({
  ...{ service: 'api', slot: 1, container: 'starfall-beta-api-1', release: '7f3a9c2d' },
  ...{ image, health: 'healthy' },
});

describe('what a service runs', () => {
  it('is named by its tag, else by the beginning of its digest', () => {
    expect(runsWords(running('1.2.0'))).toBe('api 1.2.0 healthy');
    expect(runsWords(running('1.2.0'), false)).toBe('api 1.2.0 was healthy');
    const image = `registry.example.com:5000/team/api@sha256:${'4af2d323'.repeat(8)}`;
    expect(runsWords(unnamed(image))).toBe('api @4af2d3234af2 healthy');
    expect(runsWords(unnamed('strange\u001b[2J'))).not.toContain('\u001b');
  });
});
