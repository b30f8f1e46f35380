// Cuts the framed output of a container into lines while it comes. Each of the two outputs has its own
// line under way, so that they do not run into each other.

import { StringDecoder } from 'node:string_decoder';
import { headerBytes, isHeader } from './log-frames.ts';

/** A longer line is cut here, and the rest of it is dropped. */
export const liveLineCharsMax = 8_000;

export class LiveLines {
  readonly #onLine: (line: string) => void;
  readonly #outputs = new Map<number, Under>();
  #header = Buffer.alloc(0);
  #output = 0;
  #left = 0;
  /** What bears no frame (the Engine's own word on why nothing began) is a line as it stands. */
  #bare = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (this.#bare || this.#left > 0) {
        const take = this.#bare ? rest.length : Math.min(this.#left, rest.length);
        this.#text(rest.subarray(0, take));
        this.#left -= this.#bare ? 0 : take;
        rest = rest.subarray(take);
        continue;
      }
      const missing = headerBytes - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length < headerBytes) return;
      this.#begin();
    }
  }

  /** What is left without an end of line is one all the same. */
  end(): void {
    if (this.#header.length > 0) {
      this.#bare = true;
      this.#output = 0;
      this.#text(this.#header);
    }
    for (const { line, cut } of this.#outputs.values()) {
      if (line !== '' || cut) this.#tell(line);
    }
    this.#outputs.clear();
  }

  #begin(): void {
    const header = this.#header;
    this.#header = Buffer.alloc(0);
    if (isHeader(header, 0)) {
      this.#output = header[0] ?? 0;
      this.#left = header.readUInt32BE(4);
      return;
    }
    this.#bare = true;
    this.#output = 0;
    this.#text(header);
  }

  #text(bytes: Buffer): void {
    const known = this.#outputs.get(this.#output);
    const under = known ?? { decoder: new StringDecoder('utf8'), line: '', cut: false };
    if (known === undefined) this.#outputs.set(this.#output, under);
    const [first = '', ...more] = under.decoder.write(bytes).split('\n');
    grow(under, first);
    for (const part of more) {
      this.#tell(under.line);
      under.line = '';
      under.cut = false;
      grow(under, part);
    }
  }

  #tell(line: string): void {
    this.#onLine(line.replace(/\r$/, ''));
  }
}

interface Under {
  readonly decoder: StringDecoder;
  line: string;
  cut: boolean;
}

function grow(under: Under, part: string): void {
  if (under.cut) return;
  const room = liveLineCharsMax - under.line.length;
  under.cut = part.length > room;
  under.line += under.cut ? `${part.slice(0, room)}…` : part;
}
