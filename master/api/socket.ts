// The Unix socket's file: one that a dead master left is taken away, one that answers is respected.

import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { fault } from '../../states/faults.ts';

export async function clearStaleSocket(path: string): Promise<void> {
  const state = await new Promise<'alive' | 'dead' | 'none'>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' ? 'dead' : 'none');
    });
  });
  if (state === 'alive') {
    throw fault('MASTER_BUSY', 'a master answers on the socket', { where: path });
  }
  if (state === 'dead') await unlink(path);
}
