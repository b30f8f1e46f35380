// Reports and drifts on their way: in order, a few at a time, each sent again in the next session
// until the master has acknowledged it.

import { fromMinion, type FromMinion, type Report } from '../protocol/messages.ts';
import { limits } from '../protocol/limits.ts';

/** A numbered message that is kept until it is acknowledged. */
export type Outgoing = Extract<FromMinion, { type: 'report' | 'drift' }>;

interface OutboxOptions {
  readonly pending: () => readonly Outgoing[];
  readonly send: (message: Outgoing) => void;
  /** Bytes that wait for the network. */
  readonly waiting: () => number;
  /** A message that the master would not take as it is. */
  readonly onUnfit: (message: Outgoing, problem: string) => void;
}

const waitingBytesMax = limits.frameBytesMax;

/** Of one session: a new one begins with everything that is still pending. */
export class Outbox {
  readonly #options: OutboxOptions;
  #sent = -1;
  #inFlight: number[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Sends what is new, as far as there is room. */
  pump(): void {
    for (const message of this.#options.pending()) {
      if (message.seq <= this.#sent) continue;
      if (!this.#hasRoom()) return;
      this.#sent = message.seq;
      this.#inFlight.push(message.seq);
      this.#options.send(this.#fit(message));
    }
  }

  /** Everything up to and with `seq` is stored by the master. */
  acknowledged(seq: number): void {
    this.#inFlight = this.#inFlight.filter((each) => each > seq);
  }

  #hasRoom(): boolean {
    if (this.#inFlight.length === 0) return true;
    if (this.#inFlight.length >= limits.reportsInFlightMax) return false;
    return this.#options.waiting() < waitingBytesMax;
  }

  #fit(message: Outgoing): Outgoing {
    const [fit, problem] = fitted(message);
    if (problem !== undefined) this.#options.onUnfit(message, problem);
    return fit;
  }
}

/** As the master takes it and the journal reads it back; with why, where it had to be shortened. */
export function fitted(message: Outgoing): readonly [Outgoing, string | undefined] {
  const problem = unfit(message);
  if (problem === undefined) return [message, undefined];
  const trimmed = fallbacks(message).find((each) => unfit(each) === undefined);
  if (trimmed === undefined) throw new Error(`a report that cannot be told: ${problem}`);
  return [trimmed, problem];
}

function unfit(message: Outgoing): string | undefined {
  const parsed = fromMinion.safeParse(message);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'not valid';
  const bytes = Buffer.byteLength(JSON.stringify(message));
  return bytes > limits.frameBytesMax ? `${bytes} bytes` : undefined;
}

/** The same news with less and less around it: a link that ends over a report would never go on. */
function fallbacks(message: Outgoing): readonly Outgoing[] {
  if (message.type === 'drift') {
    const { failure, ...bare } = message.drift;
    void failure;
    return [{ ...message, drift: { ...bare, what: 'changed' } }];
  }
  const { report } = message;
  const silent = report.failures.map((failure) => ({ ...failure, logs: [] }));
  return [
    { ...message, report: { ...report, failures: silent } },
    { ...message, report: { ...report, failures: shortened(report), running: [] } },
  ];
}

const shortened = ({ failures }: Report): Report['failures'] =>
  failures.slice(0, 1).map(({ code }) => ({
    code,
    message: 'the report was too large to be sent whole; the log of the minion says more',
    phase: 'report',
  }));
