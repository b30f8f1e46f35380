import { defineConfig } from 'vitest/config';

// Unit tests run side by side; tests on real Docker hosts share two cores, so they take turns.
export default defineConfig({
  test: {
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
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          globalSetup: ['test/fleet/global-setup.ts'],
        },
      },
    ],
  },
});
