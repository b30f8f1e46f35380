// One bridge and a network namespace for each host, joined by a pair of interfaces. Cutting a host off
// takes down the bridge's end: the host itself sees a cable without an answer.

import { command, commandNow } from './command.ts';
import { bridgeName, hostName, vethName, type FleetRecord } from './record.ts';

export const bridgeAddress = ({ number }: FleetRecord): string => `10.213.${number}.1`;
export const hostAddress = ({ number }: FleetRecord, host: number): string =>
  `10.213.${number}.${10 + host}`;

export async function makeNetwork(record: FleetRecord): Promise<void> {
  const { number } = record;
  const bridge = bridgeName(number);
  const hosts = Array.from({ length: record.hosts }, (_, at) => at + 1);
  await batch([
    `link add ${bridge} type bridge stp_state 0 forward_delay 0`,
    `address add ${bridgeAddress(record)}/24 dev ${bridge}`,
    `link set ${bridge} up`,
    ...hosts.flatMap((host) => [
      `netns add ${hostName(number, host)}`,
      `link add ${vethName(number, host)} type veth peer name eth0 netns ${hostName(number, host)}`,
      `link set ${vethName(number, host)} master ${bridge} up`,
    ]),
  ]);
  const inside = hosts.map((host) =>
    batch(
      [
        'link set lo up',
        `address add ${hostAddress(record, host)}/24 dev eth0`,
        'link set eth0 up',
        `route add default via ${bridgeAddress(record)}`,
      ],
      hostName(number, host),
    ),
  );
  await Promise.all(inside);
}

async function batch(lines: readonly string[], namespace?: string): Promise<void> {
  const input = `${lines.join('\n')}\n`;
  const inside = ['ip', '-batch', '-'];
  // Not `ip -netns`, which also makes a mount namespace: that fails where / is no mount of its own.
  if (namespace === undefined) await command('ip', inside.slice(1), { input });
  else await command('nsenter', [`--net=/run/netns/${namespace}`, ...inside], { input });
}

/** At once, without a word to either side. */
export function setCable(record: FleetRecord, host: number, state: 'up' | 'down'): void {
  commandNow('ip', ['link', 'set', vethName(record.number, host), state]);
}
