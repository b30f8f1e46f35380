// Connections that are not linked, or not yet: a bounded number, each for a bounded time, and none
// that keeps another neighbour's out.

import { neighbourOf } from '../../protocol/address.ts';

export interface DoorwayLimits {
  readonly unlinkedMax: number;
  /** Whole seconds that a connection may stand in it. */
  readonly secondsMax: number;
}

/** Any layer of a connection knows its ends. */
interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

interface Guest extends Ends {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

interface Standing {
  readonly key: string;
  readonly socket: Guest;
  readonly neighbour: string;
  readonly since: number;
}

export class Doorway {
  readonly #limits: DoorwayLimits;
  readonly #standing = new Map<string, Standing>();
  readonly #neighbours = new Map<string, Set<Standing>>();
  #seconds = 0;

  constructor(limits: DoorwayLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#standing.size;
  }

  enter(socket: Guest): void {
    const neighbour = neighbourOf(socket.remoteAddress);
    if (this.size >= this.#limits.unlinkedMax && !this.#makeRoom(neighbour)) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const standing: Standing = { key, socket, neighbour, since: this.#seconds };
    this.#standing.set(key, standing);
    const others = this.#neighbours.get(neighbour) ?? new Set();
    this.#neighbours.set(neighbour, others.add(standing));
    socket.once('close', () => {
      if (this.#standing.get(key) === standing) this.#remove(standing);
    });
  }

  /** It is linked now, and its link looks after it. */
  leave(socket: Ends): void {
    const standing = this.#standing.get(keyOf(socket));
    if (standing !== undefined) this.#remove(standing);
  }

  /** To be called every second. */
  tick(): void {
    this.#seconds += 1;
    for (const { socket, since } of this.#standing.values()) {
      // They stand in the order in which they came.
      if (this.#seconds - since <= this.#limits.secondsMax) return;
      socket.destroy();
    }
  }

  closeAll(): void {
    for (const { socket } of this.#standing.values()) socket.destroy();
  }

  /** The neighbour with the most gives up its oldest; false where that is the one who asks. */
  #makeRoom(neighbour: string): boolean {
    let most = this.#neighbours.get(neighbour) ?? new Set<Standing>();
    for (const others of this.#neighbours.values()) if (others.size > most.size) most = others;
    const [oldest] = most;
    if (oldest === undefined || oldest.neighbour === neighbour) return false;
    this.#remove(oldest);
    oldest.socket.destroy();
    return true;
  }

  #remove(standing: Standing): void {
    this.#standing.delete(standing.key);
    const others = this.#neighbours.get(standing.neighbour);
    others?.delete(standing);
    if (others?.size === 0) this.#neighbours.delete(standing.neighbour);
  }
}

/** Of one listening port, this is a connection's name for as long as it lasts. */
const keyOf = ({ remoteAddress, remotePort }: Ends): string =>
  `${remoteAddress ?? ''}|${remotePort ?? ''}`;
