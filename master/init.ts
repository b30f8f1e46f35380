// `master init`: makes the master's directory with its identity and master.yaml. The file comes last
// and whole, so that a directory with one is a master's, and one without is not yet.

import { access, mkdir } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { stringify } from 'yaml';
import { writeWhole } from '../protocol/identity/files.ts';
import { fault } from '../states/faults.ts';
import { configPath, parseConfig, readConfig } from './config.ts';
import { endpointText, isEverywhere, parseEndpoint, type Endpoint } from './endpoint.ts';
import { checkFolder, checkRef, parseLocation } from './source/location.ts';

interface InitOptions {
  readonly dir: string;
  /** A path, which counts from the present directory, or an address that git can fetch. */
  readonly states: string;
  readonly ref?: string;
  readonly path?: string;
  /** Where minions connect to, `host:port`. */
  readonly listen?: string;
  /** How minions reach that from elsewhere, where it is not the same. */
  readonly address?: string;
  /** Where people and CI connect to, `host:port`, or `off`. */
  readonly api?: string;
}

/** Makes the CA and the server's key for these names; given in by what knows certificates. */
export type MakeIdentity = (dir: string, names: { readonly names: string[] }) => Promise<unknown>;

interface Initialised {
  readonly config: string;
  readonly address: string;
  /** Where people and CI will connect to; null where only the socket is served. */
  readonly api: string | null;
  /** What to do next, line by line. */
  readonly next: readonly string[];
}

export async function initMaster(
  options: InitOptions,
  makeIdentity: MakeIdentity,
): Promise<Initialised> {
  const { dir } = options;
  const config = configPath(dir);
  await refuseSecond(dir);
  const listen = parseEndpoint(options.listen ?? '0.0.0.0:4505');
  const address = parseEndpoint(options.address ?? endpointText(reachable(listen)));
  const text = configText(options, listen, address);
  const { api } = parseConfig(text, config);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await makeIdentity(dir, { names: serverNames(listen, address) });
  await writeWhole(config, text, 0o600);
  const suffix = dir === '/var/lib/brine/master' ? '' : ` --dir ${dir}`;
  return {
    config,
    address: endpointText(address),
    api: api === undefined ? null : endpointText(api),
    next: [
      `master start${suffix}`,
      `master token create${suffix} --label role=web --label ring=beta`,
      `minion join wss://${endpointText(address)} --token …    (on each host)`,
    ],
  };
}

/** Its authority and its records must not be made anew under the hosts that trust them. */
export async function refuseSecond(dir: string): Promise<void> {
  const config = configPath(dir);
  if (!(await exists(config))) return;
  const { states } = await readConfig(dir);
  const words =
    `a master was set up here already, for the states in ${states.url}: begin with ` +
    '`master start`, change the file to change it, or name another directory with --dir';
  throw fault('BAD_USAGE', words, { where: config });
}

function configText(options: InitOptions, listen: Endpoint, address: Endpoint): string {
  const { ref = 'main', path } = options;
  const location = parseLocation(options.states, process.cwd());
  const apiDefault = endpointText({ host: listen.host, port: 4506 });
  const folder = path === undefined ? '' : checkFolder(path);
  return stringify({
    states: {
      url: location.kind === 'path' ? location.path : location.url,
      ref: checkRef(ref),
      ...(folder === '' ? {} : { path: folder }),
    },
    fleet: { listen: endpointText(listen), address: endpointText(address) },
    api: { listen: options.api ?? apiDefault },
  });
}

const reachable = ({ host, port }: Endpoint): Endpoint => ({
  host: isEverywhere(host) ? hostname().toLowerCase() : host,
  port,
});

/** Everything by which this master may be called; its certificate holds for these. */
export function serverNames(listen: Endpoint, address: Endpoint): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map((each) => each.address)
    .filter((each) => !each.startsWith('fe80:'));
  const listening = isEverywhere(listen.host) ? own : [listen.host];
  const here = ['localhost', '127.0.0.1', hostname().toLowerCase()];
  return [...new Set([address.host, ...listening, ...here])];
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
