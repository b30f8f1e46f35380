// Unit tests run side by side; tests on real Docker hosts share two cores, so they take turns. Which of
// those cannot be run on this machine, their runner knows.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/fleet/skipped.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{states,protocol,master,minion,rules}/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'hosts',
          include: ['test/{fleet,e2e,engine}/**/*.test.ts'],
          runner: 'test/fleet/runner.ts',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          globalSetup: ['test/fleet/global-setup.ts'],
        },
      },
    ],
  },
});
