// Cuts what the Engine streams into lines of JSON.

import { StringDecoder } from 'node:string_decoder';

const lineCharsMax = 1_048_576;

/** Every line parsed; what is not JSON, or longer than a line may be, is left out. */
export async function* jsonLines(chunks: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const line of lines(chunks)) {
    const parsed = parse(line);
    if (parsed !== undefined) yield parsed;
  }
}

async function* lines(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  for await (const chunk of chunks) {
    const parts = (rest + textOf(decoder, chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!skipping) yield part;
      skipping = false;
    }
    if (rest.length > lineCharsMax) {
      rest = '';
      skipping = true;
    }
  }
  if (!skipping) yield rest;
}

const textOf = (decoder: StringDecoder, chunk: unknown): string =>
  chunk instanceof Uint8Array ? decoder.write(Buffer.from(chunk)) : String(chunk);

function parse(line: string): unknown {
  if (line.trim() === '') return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
