// Peers by hand: bytes over TLS where no library would send them, and a wire that can be cut without
// either end being told.

import { randomBytes } from 'node:crypto';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Identity } from '../../../minion/identity.ts';

interface Where {
  readonly host: string;
  readonly port: number;
}

/** A WebSocket that was opened properly, and from there on is only bytes. */
export async function openBytes(where: Where, { key, cert, ca }: Identity): Promise<TLSSocket> {
  const socket = connectTls({ ...where, key, cert, ca });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(
    `GET /link HTTP/1.1\r\nHost: ${where.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: brine.1\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

/** A frame of a client; `claimed` says another length than there is. */
export function frame(
  opcode: number,
  payload: Buffer,
  { fin = true, claimed = payload.length }: { fin?: boolean; claimed?: number } = {},
): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  const head =
    claimed < 126
      ? Buffer.from([first, 0x80 | claimed])
      : claimed < 65_536
        ? Buffer.from([first, 0xfe, claimed >> 8, claimed & 0xff])
        : longHead(first, claimed);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

function longHead(first: number, claimed: number): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt8(first, 0);
  head.writeUInt8(0xff, 1);
  head.writeBigUInt64BE(BigInt(claimed), 2);
  return head;
}

/** What the other side said until it closed, in plain letters. */
export async function heardUntilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** A way to a port that can fall silent: nothing passes, and nobody is told. */
export class Wire {
  readonly #server = createServer((near) => {
    this.#carry(near);
  });
  readonly #target: Where;
  readonly #ends = new Set<Socket>();
  silent = false;

  private constructor(target: Where) {
    this.#target = target;
  }

  static async to(target: Where): Promise<Wire> {
    const wire = new Wire(target);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const end of this.#ends) end.destroy();
    this.#server.close();
  }

  #carry(near: Socket): void {
    const far = connectTcp(this.#target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(from);
      from.on('data', (bytes) => {
        if (!this.silent) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!this.silent) to.destroy();
      });
    }
  }
}
