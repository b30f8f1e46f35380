// What this host says of itself. Selectors can ask for every one of them; none is trusted with more.

import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { readFile, statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import {
  cpus,
  hostname,
  networkInterfaces,
  release,
  totalmem,
  type NetworkInterfaceInfo,
} from 'node:os';
import type { EngineInfo } from './engine/engine.ts';
import type { Facts } from './journal/held.ts';

/** Of the machine alone; asks nobody but the kernel and, for the master's name, the resolver. */
export async function machineFacts(id: string, url: string): Promise<Facts> {
  const [address, distribution, diskBytes] = await Promise.all([
    addressTowards(url),
    distributionName(),
    diskSize('/'),
  ]);
  const addresses = globalAddresses(networkInterfaces());
  return {
    id,
    hostname: hostname(),
    address: address ?? addresses[0] ?? '127.0.0.1',
    addresses: addresses.join(','),
    os: process.platform,
    distribution,
    kernel: release(),
    architecture: architectures[process.arch] ?? process.arch,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    ...(diskBytes === undefined ? {} : { diskBytes }),
  };
}

/** What only the Engine knows. */
export async function engineFacts(info: EngineInfo): Promise<Facts> {
  // Where Docker keeps its data is the disk that fills up.
  const diskBytes = await diskSize(info.dataRoot);
  return {
    docker: info.version,
    dockerApi: info.apiVersion,
    storage: info.storageDriver,
    ...(diskBytes === undefined ? {} : { diskBytes }),
  };
}

/** As image platforms are called. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

const lookupMs = 500;

/** The local address from which the kernel would send to the master; nothing is sent. */
export async function addressTowards(url: string): Promise<string | undefined> {
  const { hostname: host, port } = new URL(url.replace(/^wss:/, 'https:'));
  const bare = host.replace(/^\[|\]$/g, '');
  const found = isIP(bare) === 0 ? await looked(bare) : { address: bare, family: isIP(bare) };
  if (found === undefined) return undefined;
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise((resolve) => {
      socket.once('error', () => {
        resolve(undefined);
      });
      socket.connect(Number(port) || 443, found.address, () => {
        resolve(socket.address().address);
      });
    });
  } finally {
    socket.close();
  }
}

async function looked(name: string): Promise<{ address: string; family: number } | undefined> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, lookupMs, undefined).unref();
  });
  return Promise.race([lookup(name).catch(() => undefined), late]);
}

/** By which others may reach this host: no loopback, no link-local, none of a container bridge. */
export function globalAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly string[] {
  return Object.entries(interfaces)
    .filter(([name]) => !/^(docker|br-|veth|virbr|cni|flannel)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
    .sort((one, other) => Number(one.family === 'IPv6') - Number(other.family === 'IPv6'))
    .map(({ address }) => address);
}

async function distributionName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const [, name] = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text) ?? [];
  return name ?? process.platform;
}

async function diskSize(path: string): Promise<number | undefined> {
  if (path === '') return undefined;
  const found = await statfs(path).catch(() => undefined);
  return found === undefined ? undefined : found.blocks * found.bsize;
}
