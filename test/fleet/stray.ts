// A program that starts a fleet with a container in it and waits to be killed, for the tests of what
// is then left. With `keep` it leaves the fleet up and ends.

import { Fleet } from './fleet.ts';
import { buildService } from './images.ts';

const fleet = await Fleet.start({ hosts: 1, registry: true });
const [host] = fleet.hosts;
if (host === undefined) throw new Error('no host');
const registry = fleet.registryAddress;
const wanted = { registry, repository: 'api', version: '1', behaviour: 'good' } as const;
const { reference } = await buildService(host, wanted);
await host.docker('run', '--detach', '--restart', 'always', reference);
await host.docker('run', '--detach', '--network', 'host', reference);
const keep = process.argv.includes('keep');
if (keep) fleet.keep();
process.stdout.write(`${JSON.stringify({ dir: fleet.dir })}\n`, () => {
  if (keep) process.exit();
});
