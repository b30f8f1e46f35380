// One regular file out of the tar that the Engine answers for a path in a container. Only what the
// Engine writes is read: ustar headers, and PAX headers, which are passed over.

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
