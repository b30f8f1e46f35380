import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileIn } from '../../../minion/engine/archive.ts';
import { LiveLines, liveLineCharsMax } from '../../../minion/engine/live-lines.ts';
import { logLines } from '../../../minion/engine/log-frames.ts';

function frame(output: number, text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = output;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function read(bytes: Buffer, cuts: readonly number[]): string[] {
  const lines: string[] = [];
  const live = new LiveLines((line) => lines.push(line));
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    live.push(bytes.subarray(at, cut));
    at = Math.max(at, cut);
  }
  live.end();
  return lines;
}

describe('lines as they come', () => {
  it('are those of the whole log, however it is cut', () => {
    const piece = fc.tuple(
      fc.constantFrom(1, 2),
      fc.constantFrom('a', 'ä\n', '\r\n', '€', '\n', 'b c'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(200)), (pieces, cuts) => {
        const bytes = Buffer.concat(pieces.map(([output, text]) => frame(output, text)));
        const inside = cuts.filter((cut) => cut < bytes.length);
        expect(read(bytes, inside)).toEqual(logLines(bytes, 1_000));
      }),
    );
  });

  it('keep a character together that two frames share', () => {
    const euro = Buffer.from('€\n');
    const bytes = Buffer.concat([frame(1, euro.subarray(0, 1)), frame(1, euro.subarray(1))]);
    expect(read(bytes, [])).toEqual(['€']);
  });

  it('are cut where they are too long, and the next one is whole', () => {
    const [long, next] = read(frame(1, `${'x'.repeat(20_000)}\nnext\n`), [5_000, 12_000]);
    expect(long).toBe(`${'x'.repeat(liveLineCharsMax)}…`);
    expect(next).toBe('next');
  });

  it('without frames stand as they are', () => {
    expect(read(Buffer.from('OCI runtime exec failed\n'), [3])).toEqual([
      'OCI runtime exec failed',
    ]);
    expect(read(Buffer.from('short'), [])).toEqual(['short']);
  });
});

describe('an archive', () => {
  const block = (type: string, content: string): Buffer => {
    const header = Buffer.alloc(512);
    header.write('report.xml', 0);
    header.write(content.length.toString(8).padStart(11, '0'), 124);
    header.write(type, 156);
    const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    body.write(content);
    return Buffer.concat([header, body]);
  };

  it('gives its file, also behind a PAX header, and nothing that is none', () => {
    const text = (tar: Buffer, most = 100): string | undefined => {
      const found = fileIn(tar, most);
      return found && Buffer.from(found).toString();
    };
    expect(text(block('0', 'content'))).toBe('content');
    expect(text(Buffer.concat([block('x', '20 path=x'), block('0', 'content')]))).toBe('content');
    expect(text(block('0', 'content'), 6)).toBeUndefined();
    expect(text(block('5', ''))).toBeUndefined();
    expect(text(block('2', ''))).toBeUndefined();
    expect(text(block('0', 'content').subarray(0, 515))).toBeUndefined();
    expect(text(Buffer.alloc(1024))).toBeUndefined();
    expect(text(Buffer.alloc(0))).toBeUndefined();
  });
});
