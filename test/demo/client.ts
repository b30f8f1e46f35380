// A client that asks every host 50 times a second and counts: what failed, the longest time without an
// answer from one host, and the moments in which no host answered at all.

import { request } from 'node:http';

const everyMs = 20;
const answerMs = 1_000;

interface Counted {
  readonly requests: number;
  readonly failed: number;
  /** Longest time in ms between two answers of one host. */
  readonly longestGapMs: number;
  /** Rounds in which a client that tries the next host would have found none. */
  readonly dark: number;
}

export class Client {
  readonly #targets: readonly Target[];
  readonly #rounds: boolean[][] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(urls: readonly string[]) {
    const now = performance.now();
    this.#targets = urls.map((url) => ({ url, requests: 0, failed: 0, answered: now, gap: 0 }));
    this.#timer = setInterval(() => void this.#round(), everyMs);
  }

  async stop(): Promise<Counted> {
    clearInterval(this.#timer);
    const end = performance.now();
    // Whoever has not answered by then has failed.
    await new Promise((resolve) => setTimeout(resolve, answerMs + everyMs));
    const sum = (of: (target: Target) => number): number =>
      this.#targets.reduce((total, target) => total + of(target), 0);
    return {
      requests: sum(({ requests }) => requests),
      failed: sum(({ failed }) => failed),
      longestGapMs: Math.max(
        ...this.#targets.map(({ gap, answered }) => Math.max(gap, end - answered)),
      ),
      dark: this.#rounds.filter((answers) => answers.every((answer) => !answer)).length,
    };
  }

  async #round(): Promise<void> {
    this.#rounds.push(await Promise.all(this.#targets.map(ask)));
  }
}

interface Target {
  readonly url: string;
  requests: number;
  failed: number;
  /** When the newest answer came. */
  answered: number;
  gap: number;
}

async function ask(target: Target): Promise<boolean> {
  const ok = await answers(target.url);
  const now = performance.now();
  target.requests += 1;
  if (!ok) {
    target.failed += 1;
    return false;
  }
  target.gap = Math.max(target.gap, now - target.answered);
  target.answered = now;
  return true;
}

/** One request on a connection of its own. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: answerMs }, (answer) => {
      answer.resume();
      answer.once('close', () => resolve(answer.complete && answer.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}
