// The heartbeats of any number of links on one timer. Silence is counted in beats and not read from a
// clock, so that neither a clock that jumps nor a machine that slept makes living peers look dead.

import { limits } from './limits.ts';
import type { World } from './world.ts';

export interface PulseLimits {
  readonly heartbeatMs: number;
  readonly silentPeerMs: number;
}

export interface Beating {
  /** Asks the peer for a sign of life. */
  ping(): void;
  /** Nothing was heard for the whole of `silentPeerMs`. */
  silent(): void;
}

/** One link's place among the others. */
export interface Heart {
  heard(): void;
  stop(): void;
}

interface Member extends Heart {
  readonly link: Beating;
  quietBeats: number;
}

/** Pings are spread over this many turns, so that thousands of links do not all speak at once. */
const turns = 10;
/** A peer that was heard just now need not be asked: where both ask, one of them is enough. */
const quietBeatsMin = 8;

export class Pulse {
  readonly #members = Array.from({ length: turns }, () => new Set<Member>());
  readonly #stop = new AbortController();
  readonly #silentBeats: number;
  #joined = 0;

  constructor(world: World, { heartbeatMs, silentPeerMs }: PulseLimits = limits) {
    const beatMs = heartbeatMs / turns;
    this.#silentBeats = Math.ceil(silentPeerMs / beatMs);
    void this.#run(world, beatMs);
  }

  join(link: Beating): Heart {
    const turn = this.#members[this.#joined % turns];
    this.#joined += 1;
    const member: Member = {
      link,
      quietBeats: 0,
      heard: () => {
        member.quietBeats = 0;
      },
      stop: () => {
        turn?.delete(member);
      },
    };
    turn?.add(member);
    return member;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(world: World, beatMs: number): Promise<void> {
    for (let beat = 0; ; beat += 1) {
      await world.sleep(beatMs, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      for (const members of this.#members) {
        for (const member of members) this.#listen(member);
      }
      for (const { link, quietBeats } of this.#members[beat % turns] ?? []) {
        if (quietBeats >= quietBeatsMin) link.ping();
      }
    }
  }

  #listen(member: Member): void {
    member.quietBeats += 1;
    if (member.quietBeats <= this.#silentBeats) return;
    member.stop();
    member.link.silent();
  }
}
