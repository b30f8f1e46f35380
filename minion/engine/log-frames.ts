// Takes the Engine's framing off a container's output: eight bytes before each piece say which of
// the two outputs it came from and how long it is.

import { StringDecoder } from 'node:string_decoder';

export const headerBytes = 8;
const stderr = 2;

/** Lines of both outputs in the order they were finished in; the newest `count` of them. */
export function logLines(framed: Uint8Array, count: number): readonly string[] {
  if (count <= 0) return [];
  const open = new Map<number, string>();
  const lines: string[] = [];
  for (const { output, text } of pieces(framed)) {
    const parts = ((open.get(output) ?? '') + text).split('\n');
    open.set(output, parts.pop() ?? '');
    lines.push(...parts);
  }
  lines.push(...[...open.values()].filter((rest) => rest !== ''));
  return lines.slice(-count).map((line) => line.replace(/\r$/, ''));
}

/** The same as one text, for the output of a command. */
export const framedText = (framed: Uint8Array): string =>
  [...pieces(framed)].map(({ text }) => text).join('');

/** A character may be cut in two by the frames, so each output has a decoder of its own. */
function* pieces(framed: Uint8Array): Generator<{ output: number; text: string }> {
  const decoders = new Map<number, StringDecoder>();
  for (const { output, bytes } of frames(framed)) {
    const decoder = decoders.get(output) ?? new StringDecoder('utf8');
    decoders.set(output, decoder);
    yield { output, text: decoder.write(Buffer.from(bytes)) };
  }
}

/** What bears no frame (a container with a terminal) is one piece as it stands. */
function* frames(bytes: Uint8Array): Generator<{ output: number; bytes: Uint8Array }, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (!isHeader(bytes, at)) {
      yield { output: 0, bytes: bytes.subarray(at) };
      return;
    }
    const from = at + headerBytes;
    const end = from + view.getUint32(at + 4);
    yield { output: bytes[at] ?? 0, bytes: bytes.subarray(from, end) };
    at = end;
  }
}

export const isHeader = (bytes: Uint8Array, at: number): boolean =>
  bytes.length - at >= headerBytes &&
  (bytes[at] ?? Infinity) <= stderr &&
  bytes[at + 1] === 0 &&
  bytes[at + 2] === 0 &&
  bytes[at + 3] === 0;
