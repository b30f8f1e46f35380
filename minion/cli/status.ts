// `minion status`: asks the running minion through the socket in its directory, and shows it.

import type { Running } from '../../protocol/messages.ts';
import { askStatus } from '../control.ts';
import type { EnvironmentStatus, StatusView } from '../status.ts';
import { harmless } from './problem.ts';
import type { GlobalOptions } from './program.ts';

export async function showStatus({ dir, json }: GlobalOptions): Promise<number> {
  const status = await askStatus(dir);
  const said = json === true ? JSON.stringify(status) : statusText(status, Date.now());
  process.stdout.write(`${said}\n`);
  return 0;
}

export function statusText(status: StatusView, now: number): string {
  const { id, version, startedAt, url, link, docker, journal, environments } = status;
  const head = [
    ['minion', `${id}, version ${version}, up ${ago(startedAt, now)}`],
    ['master', `${url}, ${link.linked ? 'linked' : 'not linked'} for ${ago(link.since, now)}`],
    ['docker', 'version' in docker ? docker.version : `down: ${docker.fault.message}`],
    ['reports', journal.pending === 0 ? 'all delivered' : `${journal.pending} not yet delivered`],
    ...(journal.setAside === undefined ? [] : [['journal', journal.setAside]]),
  ];
  const lines = head.map(([name = '', text = '']) => `${name.padEnd(9)}${harmless(text)}`);
  if (environments.length === 0)
    return [...lines, '', 'This host has no environment yet.'].join('\n');
  return [...lines, ...environments.flatMap(environmentLines)].join('\n');
}

function environmentLines(status: EnvironmentStatus): string[] {
  const { environment, generation, doing, release, outcome, running } = status;
  const words = [
    doing,
    ...(release === null ? [] : [`release ${release}`]),
    `generation ${generation}`,
    ...(outcome === 'failed' ? ['the last change failed'] : []),
  ];
  return ['', `${environment}: ${words.join(', ')}`, ...runningLines(running)];
}

function runningLines(running: readonly Running[] | null): string[] {
  if (running === null) return ['  what runs is not known while Docker does not answer'];
  if (running.length === 0) return ['  nothing runs'];
  const rows = running.map(({ service, slot, health, tag, image, container }) => [
    slot === 1 ? service : `${service}.${slot}`,
    health,
    tag ?? image.slice(-12),
    container,
  ]);
  return table([['SERVICE', 'HEALTH', 'VERSION', 'CONTAINER'], ...rows]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(harmless));
  const widths = clean[0]?.map((_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

/** `12 s`, `3 m`, `5 h`, `2 d`. */
function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m`;
  return seconds < 86_400
    ? `${Math.floor(seconds / 3_600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}
