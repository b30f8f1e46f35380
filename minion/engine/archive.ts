// One regular file out of the tar that the Engine answers for a path in a container: of what the Engine
// writes, ustar headers are read, and PAX headers passed over. And a tar of files to be put into one.

import type { ConfigFile } from '../../states/model.ts';

const blockBytes = 512;

/** Undefined where the archive does not begin with a regular file, or it is larger than `bytesMax`. */
export function fileIn(tar: Uint8Array, bytesMax: number): Uint8Array | undefined {
  const bytes = Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength);
  let at = 0;
  while (at + blockBytes <= bytes.length) {
    const type = String.fromCharCode(bytes[at + typeAt] ?? 0);
    const size = sizeOf(bytes, at);
    if (size === undefined) return undefined;
    const from = at + blockBytes;
    if (type === '0' || type === '\0') {
      const whole = size <= bytesMax && from + size <= bytes.length;
      return whole ? bytes.subarray(from, from + size) : undefined;
    }
    // What a PAX header says (a long name, a fine time) is not needed.
    if (type !== 'x' && type !== 'g') return undefined;
    at = from + Math.ceil(size / blockBytes) * blockBytes;
  }
  return undefined;
}

/** Headers, and what is filled up to whole blocks, beside the file itself. */
export const archiveBytesMax = (fileBytesMax: number): number => fileBytesMax + 16 * blockBytes;

const sizeAt = 124;
const sizeChars = 12;
const typeAt = 156;

/** Octal digits; larger files have another form and are none of ours. */
function sizeOf(bytes: Buffer, header: number): number | undefined {
  const field = bytes.toString('latin1', header + sizeAt, header + sizeAt + sizeChars);
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** Folders that are not there are made by the Engine, for root. */
export function tarOf(files: readonly ConfigFile[]): Buffer {
  const parts = files.flatMap((file) => {
    const content = Buffer.from(file.content, 'base64');
    const rest = (blockBytes - (content.length % blockBytes)) % blockBytes;
    return [headOf(file, content.length), content, Buffer.alloc(rest)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

const sumAt = 148;
const sumChars = 8;

function headOf({ target, mode, user, group }: ConfigFile, size: number): Buffer {
  const head = Buffer.alloc(blockBytes);
  head.write(target.slice(1), 0, 100);
  head.write(octal(mode, 8), 100);
  head.write(octal(user, 8), 108);
  head.write(octal(group, 8), 116);
  head.write(octal(size, sizeChars), sizeAt);
  // The same time in each, so that the same file is the same bytes.
  head.write(octal(0, 12), 136);
  head.write(' '.repeat(sumChars), sumAt);
  head.write('0', typeAt);
  head.write('ustar\u000000', 257, 'latin1');
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${octal(sum, 7)} `, sumAt);
  return head;
}

/** Digits that fill the field but for its end. */
const octal = (value: number, chars: number): string =>
  `${value.toString(8).padStart(chars - 1, '0')}\0`;
