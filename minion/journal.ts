// The minion's durable memory: the desires it has accepted and the messages that wait for their
// acknowledgement. A desire is accepted when it is on the disk, and not before.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { Fault, fault } from '../states/faults.ts';
import type { Desire, Drift, HostFailure, Report } from '../protocol/messages.ts';
import type { World } from '../protocol/world.ts';
import { fold, holdsNothing, snapshot, type Facts, type Held } from './journal/held.ts';
import { JournalFile } from './journal/journal-file.ts';
import { fitted } from './outbox.ts';
import {
  environmentsMax,
  type JournalRecord,
  type Recovered,
  type Told,
} from './journal/records.ts';

interface JournalOptions {
  readonly dir: string;
  /** Host and master, as one text; the journal of another owner is set aside. */
  readonly owner: string;
  /** False for a desire that is not the master's word to this host: the file is set aside. */
  readonly isSigned: (desire: Desire) => boolean;
  readonly world: World;
  readonly log: Logger;
}

const againMs = 5_000;

interface Waiting {
  readonly records: readonly JournalRecord[];
  readonly done: (error?: Fault) => void;
}

export class Journal {
  readonly #file: JournalFile;
  readonly #log: Logger;
  #held: Held = holdsNothing;
  #number = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  /** Why a file was set aside at the start, for those who ask how the minion is. */
  setAside: string | undefined;

  private constructor(path: string, log: Logger) {
    this.#file = new JournalFile(path);
    this.#log = log;
  }

  /** Throws JOURNAL_UNUSABLE where the file cannot be used at all. */
  static async open({ dir, log, ...options }: JournalOptions): Promise<Journal> {
    const journal = new Journal(join(dir, 'journal'), log);
    try {
      await journal.#load(options);
      return journal;
    } catch (error) {
      await journal.#file.close();
      throw error;
    }
  }

  get held(): Held {
    return this.#held;
  }

  /** Rejects with JOURNAL_UNUSABLE where it could not be made durable: then it is not accepted. */
  async accept(desire: Desire): Promise<void> {
    const { environments } = this.#held;
    if (!environments.has(desire.state.environment) && environments.size >= environmentsMax) {
      throw fault('JOURNAL_UNUSABLE', `this host holds ${environmentsMax} environments already`);
    }
    await this.#write({ kind: 'desire', desire });
  }

  /** The final word on the generation it names. Resolves when it waits for its acknowledgement. */
  settle(report: Report): Promise<void> {
    const told = this.#numbered({ type: 'report', report });
    const settled = told.message.type === 'report' ? told.message.report : report;
    return this.#write({ kind: 'settled', report: settled }, told);
  }

  /** A report that ends nothing: said before, or of a desire that could not be accepted. */
  say(report: Report): Promise<void> {
    return this.#write(this.#numbered({ type: 'report', report }));
  }

  drifted(drift: Drift): Promise<void> {
    return this.#write(this.#numbered({ type: 'drift', drift }));
  }

  goingBack({ generation, state }: Desire, failures: readonly HostFailure[]): Promise<void> {
    const { environment } = state;
    return this.#write({ kind: 'going-back', environment, generation, failures: [...failures] });
  }

  async acked(seq: number): Promise<void> {
    const [oldest] = this.#held.told;
    if (oldest !== undefined && oldest.seq <= seq) await this.#write({ kind: 'acked', seq });
  }

  async facts(facts: Facts): Promise<void> {
    if (JSON.stringify(facts) === JSON.stringify(this.#held.facts)) return;
    await this.#write({ kind: 'facts', facts });
  }

  async close(): Promise<void> {
    clearTimeout(this.#again);
    await this.#writing;
    await this.#file.close();
  }

  async #load({ owner, isSigned, world }: Omit<JournalOptions, 'dir' | 'log'>): Promise<void> {
    const now = world.now();
    const recovered = await this.#file.read();
    const held = recovered.records.reduce(fold, holdsNothing);
    const reason = reasonAgainst(recovered, held, owner) ?? unsignedIn(held, isSigned);
    // Numbers grow even when the file that held the last one is lost.
    const lastNumber = Math.max(held.lastNumber, now);
    const base = reason === undefined ? held : holdsNothing;
    this.#held = { ...base, owner, lastNumber };
    this.#number = lastNumber;
    if (reason === undefined && held.owner !== undefined) {
      await this.#file.goOn(recovered.wholeBytes);
      return;
    }
    if (reason !== undefined) await this.#putAside(reason, now);
    await this.#file.rewrite(snapshot(this.#held));
  }

  async #putAside(reason: string, now: number): Promise<void> {
    const aside = await this.#file.putAside(now);
    this.setAside = `${reason}; set aside as ${aside}`;
    this.#log.error({ path: aside, reason }, 'the journal is not obeyed; the master will say anew');
  }

  /** What the journal would not believe when it is read back must not get into it. */
  #numbered(content: Unnumbered<Told>): Extract<JournalRecord, { kind: 'told' }> {
    this.#number += 1;
    const [message, problem] = fitted({ ...content, seq: this.#number });
    if (problem !== undefined)
      this.#log.error({ problem }, `a ${content.type} had to be shortened`);
    return { kind: 'told', message };
  }

  /** Resolves when it is durable; only a desire is refused where it cannot be. */
  #write(...records: readonly JournalRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Fault): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waiting.push({ records, done });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#wake();
    });
  }

  /** What came while the disk was busy is written together. */
  async #writeAll(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const written = await this.#attempt(this.#waiting.splice(0));
      for (const { records, done } of written) {
        this.#held = records.reduce(fold, this.#held);
        done();
      }
      if (this.#file.wantsRewrite) await this.#rewrite();
    }
  }

  /** Answers those that count as written; the others have been told that they do not. */
  async #attempt(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    try {
      await this.#file.add(waiting.flatMap(({ records }) => records));
      return waiting;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#log.error({ err: error }, 'the journal cannot be written');
      for (const { done } of waiting.filter(isDesire)) done(error);
    }
    const must = waiting.filter((each) => !isDesire(each));
    if (must.length === 0) return must;
    // Where even this fails, memory goes on ahead of the disk until the disk lets it catch up.
    await this.#file.addAtAnyCost(must.flatMap(({ records }) => records)).catch(() => undefined);
    return must;
  }

  async #rewrite(): Promise<void> {
    clearTimeout(this.#again);
    try {
      await this.#file.rewrite(snapshot(this.#held));
    } catch (error) {
      this.#log.warn({ err: error }, 'the journal could not be written anew');
      this.#again = setTimeout(() => void this.#write(), againMs);
      this.#again.unref();
    }
  }
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq'> : never;

const isDesire = ({ records }: Waiting): boolean => records.some(({ kind }) => kind === 'desire');

function reasonAgainst(recovered: Recovered, held: Held, owner: string): string | undefined {
  if (recovered.damage !== undefined) return `the journal is damaged: ${recovered.damage}`;
  if (held.owner === undefined || held.owner === owner) return undefined;
  return 'the journal is of another host or master';
}

function unsignedIn(held: Held, isSigned: JournalOptions['isSigned']): string | undefined {
  for (const [name, { newest, running, good }] of held.environments) {
    const desires = new Set([newest, running, good].filter((each) => each !== undefined));
    if ([...desires].every(isSigned)) continue;
    return `what it holds for ${name} is not signed for this host by its master`;
  }
  return undefined;
}
