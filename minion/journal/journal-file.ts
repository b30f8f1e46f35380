// The journal as a file: lines added at its end, written anew when most of it no longer counts. What
// could not be written leaves no trace; room is set by for what has to be written all the same.

import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { Fault, fault } from '../../states/faults.ts';
import { Reserve, replaceFile, writeFully } from './durable.ts';
import { emptyJournal, encode, recover, type JournalRecord, type Recovered } from './records.ts';

const compactBytesMin = 1_048_576;
const reserveBytes = 131_072;

export class JournalFile {
  readonly path: string;
  readonly #reserve: Reserve;
  #file: FileHandle | undefined;
  #size = 0;
  #compactAt = compactBytesMin;
  /** The file does not hold what was handed in, or may yet be gone; only {@link rewrite} helps. */
  behind = false;

  constructor(path: string) {
    this.path = path;
    this.#reserve = new Reserve(`${path}.reserve`, reserveBytes);
  }

  read(): Promise<Recovered> {
    return this.#guarded(async () => {
      const bytes = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return Buffer.alloc(0);
        throw error;
      });
      return recover(bytes);
    });
  }

  /** Opens it for adding; what stands behind `wholeBytes` was torn and goes. */
  goOn(wholeBytes: number): Promise<void> {
    return this.#guarded(async () => {
      this.#file = await open(this.path, 'r+');
      this.#size = wholeBytes;
      await this.#file.truncate(wholeBytes);
      await this.#reserve.take();
    });
  }

  /** Moves it out of the way under a name that it answers. */
  putAside(now: number): Promise<string> {
    return this.#guarded(async () => {
      const aside = `${this.path}.aside-${new Date(now).toISOString().replaceAll(':', '')}`;
      await rename(this.path, aside);
      return aside;
    });
  }

  /** Durable when it resolves, and as if never tried when it rejects. */
  async add(records: readonly JournalRecord[]): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.behind) {
      throw fault('JOURNAL_UNUSABLE', 'the journal is closed, or the disk was full before');
    }
    await this.#guarded(async () => {
      try {
        const line = encode(records);
        await writeFully(file, line, this.#size);
        this.#size += line.length;
      } catch (error) {
        await file.truncate(this.#size).catch(() => {
          this.behind = true;
        });
        throw error;
      }
      await this.#reserve.take();
    });
  }

  /** The same, with the room that was set by. */
  async addAtAnyCost(records: readonly JournalRecord[]): Promise<void> {
    await this.#reserve.give();
    await this.add(records).catch((error: unknown) => {
      this.behind = true;
      throw error;
    });
  }

  get wantsRewrite(): boolean {
    return this.#file !== undefined && (this.behind || this.#size > this.#compactAt);
  }

  /** Exactly these, in a new file that takes the old one's place. */
  rewrite(records: readonly JournalRecord[]): Promise<void> {
    return this.#guarded(async () => {
      const parts = records.map((record) => encode([record]));
      const bytes = Buffer.concat([emptyJournal(), ...parts]);
      // Tried again only after it has grown as much once more.
      this.#compactAt = this.#size + compactBytesMin;
      const before = this.#file;
      const { file, unsynced } = await replaceFile(this.path, bytes);
      // From here on the old one has no name: what is written to it would be gone with this process.
      this.#file = file;
      this.#size = bytes.length;
      this.behind = unsynced !== undefined;
      await before?.close();
      if (unsynced !== undefined) {
        const why = unsynced instanceof Error ? unsynced.message : 'unknown';
        const message = `written anew, but its folder cannot be synced: ${why}`;
        throw fault('JOURNAL_UNUSABLE', message, { where: this.path }, { cause: unsynced });
      }
      this.#compactAt = Math.max(compactBytesMin, 4 * bytes.length);
      await this.#reserve.take();
    });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** The file system's own errors as a fault; a defect of ours stays what it is. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Fault || !(error instanceof Error) || !('syscall' in error)) throw error;
      const where = this.path;
      throw fault('JOURNAL_UNUSABLE', error.message, { where }, { cause: error });
    }
  }
}
