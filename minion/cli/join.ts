// `minion join`: asks the master to let this host in, and says what to do next.

import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { digestText } from '../../protocol/identity/keys.ts';
import { join, type Joined, type JoinOptions } from '../join.ts';
import { parseAllowed } from '../policy.ts';
import { harmless } from './problem.ts';
import { minionDirDefault, type GlobalOptions, type JoinArguments } from './program.ts';

export async function joinMaster(
  url: string,
  { token, caDigest, id, allow }: JoinArguments,
  { dir, json }: GlobalOptions,
): Promise<number> {
  const docker = process.env.DOCKER_HOST;
  const joined = await join({
    ...{ url, dir, id: id ?? hostname().toLowerCase() },
    ...(token !== undefined && {
      token: token === '-' ? (await text(process.stdin)).trim() : token,
    }),
    ...(allow.length > 0 && { allow: parseAllowed(allow) }),
    ...(caDigest !== undefined && { caDigest }),
    ...(process.stdin.isTTY && process.stderr.isTTY && token === undefined && { confirm }),
    onWaiting: (waiting) => {
      process.stderr.write(
        `${json === true ? JSON.stringify({ waiting }) : waitingText(waiting)}\n`,
      );
    },
    ...(docker === undefined || docker === '' ? {} : { docker }),
  });
  const said = json === true ? JSON.stringify(joined) : joinedText(joined, dir);
  process.stdout.write(`${said}\n`);
  return 0;
}

type Waiting = Parameters<NonNullable<JoinOptions['onWaiting']>>[0];

export const waitingText = ({ id, key }: Waiting): string =>
  [
    `The key of this host:  ${digestText(key)}`,
    `Waiting until a person on the master has seen the same there and says:`,
    `  master keys accept ${id}`,
  ].join('\n');

/** Everything but a yes is a no. */
async function confirm(digest: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const leave = new AbortController();
  for (const end of ['SIGINT', 'close'] as const) {
    lines.once(end, () => {
      leave.abort();
    });
  }
  process.stderr.write(
    `The authority of that master:  ${digestText(digest)}\n` +
      'Compare it with the first line of `master keys list` on the master.\n',
  );
  try {
    const answer = await lines.question('Is it the same? [y/N] ', { signal: leave.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
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
