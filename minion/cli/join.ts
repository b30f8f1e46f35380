// `minion join`: asks the master to let this host in, and says what to do next.

import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { join, type Joined } from '../join.ts';
import { harmless } from './problem.ts';
import { minionDirDefault, type GlobalOptions, type JoinArguments } from './program.ts';

export async function joinMaster(
  url: string,
  { token, id }: JoinArguments,
  { dir, json }: GlobalOptions,
): Promise<number> {
  const docker = process.env.DOCKER_HOST;
  const joined = await join({
    ...{ url, dir },
    token: token === '-' ? (await text(process.stdin)).trim() : token,
    id: id ?? hostname().toLowerCase(),
    ...(docker === undefined || docker === '' ? {} : { docker }),
  });
  const said = json === true ? JSON.stringify(joined) : joinedText(joined, dir);
  process.stdout.write(`${said}\n`);
  return 0;
}

export function joinedText({ id, url, labels, expiresAt }: Joined, dir: string): string {
  const given = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    `${id} has joined ${harmless(url)}.`,
    ...(given.length === 0 ? [] : [`  labels       ${harmless(given.join(', '))}`]),
    `  certificate  valid until ${new Date(expiresAt).toISOString().slice(0, 10)}`,
    '',
    'Next:',
    `  minion start${dir === minionDirDefault ? '' : ` --dir ${harmless(dir)}`}`,
  ].join('\n');
}
