// Unit tests run side by side; tests on real Docker hosts share two cores, so they take turns. Where
// such hosts cannot be started, one test says why and the others are left out.

import { defineConfig } from 'vitest/config';
import { whyNoHosts } from './test/fleet/needs.ts';

const hosts = whyNoHosts() === undefined;

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
          include: hosts ? ['test/{fleet,e2e,engine}/**/*.test.ts'] : ['test/fleet/needs.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          globalSetup: hosts ? ['test/fleet/global-setup.ts'] : [],
        },
      },
    ],
  },
});
