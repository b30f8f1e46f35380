import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents } from '../../../minion/engine/events.ts';
import { jsonLines } from '../../../minion/engine/lines.ts';
import { framedText, logLines } from '../../../minion/engine/log-frames.ts';
import { followPull } from '../../../minion/engine/pull-stream.ts';

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** The bytes cut at every place named, modulo their length. */
const cut = (bytes: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const sorted = at.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
};

const frame = (output: number, text: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(text);
  const header = Buffer.from([output, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

describe('lines of JSON', () => {
  it('are the same however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue().filter((value) => value !== null)),
        fc.array(fc.nat()),
        async (values, places) => {
          const text = values.map((value) => `${JSON.stringify(value)}\r\n`).join('');
          const chunks = cut(Buffer.from(text), places);
          expect(await all(jsonLines(Readable.from(chunks)))).toEqual(
            values.map((value) => JSON.parse(JSON.stringify(value)) as unknown),
          );
        },
      ),
    );
  });

  it('pass over what is none, and what never ends', async () => {
    const chunks = ['{"a":1}\nnonsense\n\n{"b":', '2}\n', 'x'.repeat(700_000)];
    const rest = ['x'.repeat(700_000), 'x\n{"c":3}'];
    expect(await all(jsonLines(Readable.from([...chunks, ...rest])))).toEqual([
      { a: 1 },
      { b: 2 },
      { c: 3 },
    ]);
  });
});

describe('a pull', () => {
  const follow = async (lines: readonly unknown[]) => {
    const seen: [number, number][] = [];
    let alive = 0;
    const failure = await followPull(
      Readable.from(lines.map((line) => `${JSON.stringify(line)}\n`)),
      {
        onProgress: (done, total) => seen.push([done, total]),
        onLine: () => (alive += 1),
      },
    );
    return { failure, seen, alive };
  };

  it('tells how far it is, over all layers', async () => {
    const layer = (id: string, current: number, total: number) => ({
      status: 'Downloading',
      id,
      progressDetail: { current, total },
    });
    const { failure, seen, alive } = await follow([
      { status: 'Pulling from api', id: 'sha256:00' },
      { status: 'Already exists', progressDetail: {}, id: 'base' },
      layer('a', 10, 100),
      layer('b', 5, 50),
      { status: 'Download complete', progressDetail: {}, id: 'a' },
      { status: 'Extracting', id: 'a', progressDetail: { current: 1, total: 100 } },
      layer('b', 50, 50),
      { status: 'Pull complete', progressDetail: {}, id: 'a' },
    ]);
    expect(failure).toBeUndefined();
    expect(seen).toEqual([
      [10, 100],
      [15, 150],
      [105, 150],
      [150, 150],
    ]);
    expect(alive).toBe(8);
  });

  it('has failed where one line says so', async () => {
    const told = { errorDetail: { message: 'manifest unknown' }, error: 'manifest unknown' };
    expect((await follow([{ status: 'Pulling' }, told, { status: 'x' }])).failure).toBe(
      'manifest unknown',
    );
    expect((await follow([{ error: 'unauthorized' }])).failure).toBe('unauthorized');
  });
});

describe('the log of a container', () => {
  const framed = Buffer.concat([
    frame(1, 'first\nsec'),
    frame(2, 'warning\n'),
    frame(1, 'ond\r\nlast'),
  ]);

  it('is told in lines of both outputs, the newest of them, oldest first', () => {
    expect(logLines(framed, 10)).toEqual(['first', 'warning', 'second', 'last']);
    expect(logLines(framed, 2)).toEqual(['second', 'last']);
    expect(logLines(framed, 0)).toEqual([]);
    expect(logLines(Buffer.alloc(0), 5)).toEqual([]);
  });

  it('keeps a character that two frames share', () => {
    const bytes = Buffer.from('grüße\n');
    const halves = Buffer.concat([frame(1, bytes.subarray(0, 3)), frame(1, bytes.subarray(3))]);
    expect(logLines(halves, 1)).toEqual(['grüße']);
    expect(framedText(halves)).toBe('grüße\n');
  });

  it('of a container with a terminal stands without frames', () => {
    expect(logLines(Buffer.from('plain\nwords\n'), 5)).toEqual(['plain', 'words']);
  });

  it('is read to its end, whatever bytes it is made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(logLines(bytes, 1_000).join('').length).toBeLessThanOrEqual(bytes.length);
        expect(framedText(bytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('events', () => {
  it('are told in our words, and what is none is passed over', async () => {
    const lines = [
      {
        Type: 'container',
        Action: 'die',
        Actor: { ID: 'abc', Attributes: { name: 'api', exitCode: '137', 'brine.env': 'beta' } },
        timeNano: 1,
      },
      { Type: 'volume', Action: 'create', Actor: { ID: 'data', Attributes: null } },
      { Type: 'plugin', Action: 'enable', Actor: { ID: 'x', Attributes: {} } },
      { message: 'something else' },
    ];
    const stream = Readable.from(lines.map((line) => `${JSON.stringify(line)}\n`));
    expect(await all(readEvents(stream))).toEqual([
      {
        type: 'container',
        action: 'die',
        id: 'abc',
        name: 'api',
        labels: { exitCode: '137', 'brine.env': 'beta' },
      },
      { type: 'volume', action: 'create', id: 'data', name: 'data', labels: {} },
    ]);
  });
});
