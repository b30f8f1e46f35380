// Writing that survives a power cut, and room on the disk set by for when nothing else can be written.

import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when every byte is on the disk. */
export async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
  await file.datasync();
}

interface Replaced {
  /** Open for reading and writing. */
  readonly file: FileHandle;
  /** Why a power cut may still bring the old one back; undefined where none can. */
  readonly unsynced: unknown;
}

/** A new file takes the old one's place in one step; rejects only while the old one is there. */
export async function replaceFile(path: string, bytes: Buffer): Promise<Replaced> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w+', 0o600);
  try {
    await writeFully(file, bytes, 0);
    await rename(draft, path);
  } catch (error) {
    await file.close();
    throw error;
  }
  const unsynced = await syncFolder(dirname(path)).catch((error: unknown) => error);
  return { file, unsynced };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file that is only there to be given up. */
export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  #held = false;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Does nothing where the disk has no room for it: then there is none. */
  async take(): Promise<void> {
    if (this.#held) return;
    try {
      const file = await open(this.#path, 'a', 0o600);
      try {
        const { size } = await file.stat();
        // Not zeros: a file system that packs them would set nothing by.
        if (size < this.#bytes) await file.appendFile(randomBytes(this.#bytes - size));
      } finally {
        await file.close();
      }
      this.#held = true;
    } catch {
      await this.give();
    }
  }

  async give(): Promise<void> {
    this.#held = false;
    await rm(this.#path, { force: true });
  }
}
