// What an Engine itself says that it did in a span of time: its event stream, and at the end its own
// memory of the span, so that nothing between two looks is missed.

import { request } from 'node:http';
import { sleep } from './process.ts';

interface EngineEvent {
  /** `container`, `image`, `network`, `volume`. */
  readonly type: string;
  /** `create`, `start`, `die`, … as Docker says it. */
  readonly action: string;
  /** The container's or network's name; the image's reference. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unix milliseconds with their fraction. */
  readonly at: number;
}

/** What leaves containers, images and networks as they are. A pull does not: it writes an image. */
const reads =
  /^(exec_(create|start|die|detach)\b|health_status\b|top$|export$|attach$|detach$|resize$|archive-path$|save$|push$)/;

export class SeenEvents {
  readonly all: readonly EngineEvent[];

  constructor(all: readonly EngineEvent[]) {
    this.all = all;
  }

  /** Those that changed something, in their order. */
  writes(): EngineEvent[] {
    return this.all.filter(({ action }) => !reads.test(action));
  }
}

export class EventWatch {
  readonly #socket: string;
  /** Rounded up: what was done before the call must not count. */
  readonly #from = Date.now() + 1;
  readonly #seen = new Map<string, EngineEvent>();
  readonly #stop = new AbortController();

  constructor(socket: string) {
    this.#socket = socket;
    void this.#follow();
  }

  async stop(): Promise<SeenEvents> {
    const until = Date.now() + 1;
    await sleep(2);
    // An Engine that is down has said all that it will.
    await this.#read(`&until=${seconds(until)}`).catch(() => undefined);
    this.#stop.abort();
    return new SeenEvents([...this.#seen.values()].sort((a, b) => a.at - b.at));
  }

  /** Again and again: an Engine that is killed and started is one story. */
  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#read('').catch(() => undefined);
      await sleep(25);
    }
  }

  #read(more: string): Promise<void> {
    const path = `/events?since=${seconds(this.#from)}${more}`;
    return new Promise((resolve, reject) => {
      const { signal } = this.#stop;
      const asked = request({ socketPath: this.#socket, path, signal }, (answer) => {
        let rest = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines.filter((each) => each.trim() !== '')) this.#take(line);
        });
        answer.on('close', resolve);
        answer.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  #take(line: string): void {
    const raw = JSON.parse(line) as RawEvent;
    const { name = raw.Actor.ID, ...labels } = raw.Actor.Attributes;
    const event = { type: raw.Type, action: raw.Action, name, labels, at: raw.timeNano / 1e6 };
    this.#seen.set(`${raw.timeNano} ${raw.Type} ${raw.Action} ${raw.Actor.ID}`, event);
  }
}

interface RawEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Record<string, string> };
  readonly timeNano: number;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);
