// A program that has a host on the Engine at `DOCKER_HOST`, with all that a test may leave there, and
// waits to be killed: for the tests of what is then left.

import { buildService } from './images.ts';
import { LocalFleet } from './local.ts';

const fleet = await LocalFleet.start();
const [host] = fleet.hosts;
const registry = fleet.registryAddress;
const wanted = { registry, repository: 'api', version: '1', behaviour: 'good' } as const;
const { reference } = await buildService(host, wanted);
await host.docker('network', 'create', 'starfall-beta');
const volume = ['--volume', 'starfall-beta-data:/data'];
const named = ['--name', 'starfall-beta-api-1', '--network', 'starfall-beta', ...volume];
await host.docker('run', '--detach', '--restart', 'always', ...named, reference);
process.stdout.write(`${JSON.stringify({ dir: host.dir, pid: process.pid })}\n`);
