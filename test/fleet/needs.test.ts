// Says why there are no tests on hosts of our own, where there are none, and what a machine must have.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { find, isStatic, needs, whyNoHosts } from './needs.ts';

it('real Docker hosts can be started here', (test) => {
  const reason = whyNoHosts();
  // A laptop without root is no failure, and its owner reads why; where all must be there, it is one.
  if (reason !== undefined && process.env['CI'] !== 'true') test.skip(reason);
  expect(reason).toBeUndefined();
});

it('every program is looked for and explained once', () => {
  expect(new Set(needs.map(({ program }) => program)).size).toBe(needs.length);
  expect(needs.filter(({ why }) => why === '')).toEqual([]);
  expect(find('no-such-program')).toBeUndefined();
});

it('a program that needs a loader is not static, nor is a script', () => {
  expect(isStatic(process.execPath)).toBe(false);
  const dir = mkdtempSync(join(tmpdir(), 'brine-needs-'));
  try {
    writeFileSync(join(dir, 'script'), '#!/bin/sh\n');
    expect(isStatic(join(dir, 'script'))).toBe(false);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
