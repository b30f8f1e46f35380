// The socket in the minion's own directory: whoever holds it is the one minion there, and it tells how
// the minion is. The kernel closes it with the process, however that ends.

import { existsSync } from 'node:fs';
import { chmod, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Fault } from '../states/faults.ts';
import { fault } from '../states/faults.ts';
import type { StatusView } from './status.ts';

interface ControlOptions {
  readonly dir: string;
  readonly status: () => Promise<StatusView>;
  /** Another minion was started at the very same moment and has the directory now. */
  readonly onLost: (fault: Fault) => void;
}

export interface Control {
  close(): Promise<void>;
}

export const controlPath = (dir: string): string => join(dir, 'minion.sock');

const answerMsMax = 5_000;
const secondLookMs = 250;

/** Throws MINION_BUSY where a minion holds the directory. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const path = controlPath(options.dir);
  await clearStale(path);
  const server = createServer((socket) => {
    void answer(socket, options.status);
  });
  await listen(server, path);
  const own = await stat(path);
  let lost = false;
  const lose = (): void => {
    lost = true;
    options.onLost(busy(path));
  };
  // Two that find the same stale socket both think it theirs; the file is that of the later one.
  const timer = setTimeout(() => {
    void stat(path).then(({ ino }) => {
      if (ino !== own.ino) lose();
    }, lose);
  }, secondLookMs);
  timer.unref();
  return {
    close: async () => {
      clearTimeout(timer);
      // Closing would take away the file, which is the other one's.
      if (lost) return;
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Of the minion that runs on the directory; MINION_DOWN where none does. */
export async function askStatus(dir: string): Promise<StatusView> {
  const where = controlPath(dir);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(where);
    let said = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerMsMax, () => {
      socket.destroy(new Error(`no answer within ${answerMsMax / 1_000} s`));
    });
    socket.on('data', (piece: string) => (said += piece));
    socket.once('end', () => {
      resolve(said);
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      reject(notThere(cause, dir));
    });
  });
  if (text === '') throw fault('MINION_DOWN', 'the minion went away while it answered', { where });
  // It is the minion's own, and of the same version.
  return JSON.parse(text) as StatusView;
}

function notThere(cause: NodeJS.ErrnoException, dir: string): Fault {
  const { code } = cause;
  const where = controlPath(dir);
  if (code === 'ENOENT' && !existsSync(join(dir, 'minion.yaml'))) {
    return fault('MINION_UNSET', `no host has joined from ${dir}`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return fault('ACCESS_DENIED', 'the socket of the minion is not yours to use', { where });
  }
  const none = code === 'ENOENT' || code === 'ECONNREFUSED';
  const message = none ? 'no minion runs' : `the minion does not answer: ${cause.message}`;
  return fault('MINION_DOWN', message, { where }, { cause });
}

async function answer(socket: Socket, status: () => Promise<StatusView>): Promise<void> {
  socket.on('error', () => undefined);
  socket.end(`${JSON.stringify(await status())}\n`);
}

async function clearStale(path: string): Promise<void> {
  const state = await new Promise<'alive' | 'dead' | 'none'>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' ? 'dead' : 'none');
    });
  });
  if (state === 'alive') throw busy(path);
  if (state === 'dead') await unlink(path);
}

const busy = (where: string): Fault =>
  fault('MINION_BUSY', 'a minion runs on this directory', { where });

function listen(server: Server, path: string): Promise<void> {
  // Never there with wider permissions, not even for a moment.
  const before = process.umask(0o177);
  try {
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'EADDRINUSE') reject(busy(path));
        else
          reject(
            fault('LISTEN_FAILED', `cannot listen at ${path}: ${cause.message}`, {}, { cause }),
          );
      });
      server.listen(path, () => {
        resolve(chmod(path, 0o600));
      });
    });
  } finally {
    process.umask(before);
  }
}
