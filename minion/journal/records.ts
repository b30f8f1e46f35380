// What stands in the journal and how it is read back: one line per write, with its length and
// checksum. Pure; knows no file.

import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { fault } from '../../states/faults.ts';
import { limits } from '../../protocol/limits.ts';
import { desire, drift, facts, hostFailure, report } from '../../protocol/messages.ts';
import { environmentName } from '../../protocol/state-schema.ts';

const count = z.number().int().min(0);

const journalRecord = z.discriminatedUnion('kind', [
  /** Whose journal it is: host and master. Another's generations mean nothing here. */
  z.strictObject({ kind: z.literal('owner'), owner: z.string() }),
  /** No number up to and with `last` is given again. */
  z.strictObject({ kind: z.literal('numbers'), last: count }),
  z.strictObject({ kind: z.literal('desire'), desire }),
  /** The newest desire that was reached; written only where it is not the newest one that runs. */
  z.strictObject({ kind: z.literal('good'), desire }),
  /** Decided, and perhaps not finished: the generation failed and the host goes back. */
  z.strictObject({
    kind: z.literal('going-back'),
    environment: environmentName,
    generation: count,
    failures: z.array(hostFailure).max(50),
  }),
  z.strictObject({
    kind: z.literal('told'),
    message: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('report'), seq: count, report }),
      z.strictObject({ type: z.literal('drift'), seq: count, drift }),
    ]),
  }),
  /** How a generation ended; it is known long after its report was acknowledged. */
  z.strictObject({ kind: z.literal('settled'), report }),
  z.strictObject({ kind: z.literal('acked'), seq: count }),
  /** What the Engine said of itself, for the first hello after a start. */
  z.strictObject({ kind: z.literal('facts'), facts }),
]);
export type JournalRecord = z.infer<typeof journalRecord>;
/** A numbered message that waits for its acknowledgement. */
export type Told = Extract<JournalRecord, { kind: 'told' }>['message'];

const batch = z.array(journalRecord);

/** The first line of every journal; another number is another layout. */
const headLine = 'brine journal 1\n';

export const emptyJournal = (): Buffer => Buffer.from(headLine);

/** All or nothing of it is read back: what is written together is one line. */
export function encode(records: readonly JournalRecord[]): Buffer {
  const body = Buffer.from(JSON.stringify(records));
  return Buffer.concat([Buffer.from(prefixOf(body)), body, Buffer.from('\n')]);
}

export interface Recovered {
  readonly records: readonly JournalRecord[];
  /** Length of what is whole; the rest was being written when the machine or the minion died. */
  readonly wholeBytes: number;
  /** Set where more than the end is broken; nothing of such a file may be obeyed. */
  readonly damage: string | undefined;
}

/** Throws JOURNAL_UNUSABLE for the file of another layout. */
export function recover(bytes: Buffer): Recovered {
  const head = bytes.subarray(0, headLine.length).toString('latin1');
  if (head !== headLine) return withoutHead(bytes, head);
  const records: JournalRecord[] = [];
  let at = headLine.length;
  for (let line = 2; at < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, at);
    const body = bytes.subarray(at, end < 0 ? bytes.length : end);
    const read = end < 0 ? undefined : decode(body);
    if (read === undefined) {
      const damage = isTorn(bytes, body, end) ? undefined : `line ${line} is not as it was written`;
      return { records, wholeBytes: at, damage };
    }
    records.push(...read);
    at = end + 1;
  }
  return { records, wholeBytes: at, damage: undefined };
}

/** The last line alone, and cut short or with blocks that never reached the disk. */
const isTorn = (bytes: Buffer, body: Buffer, end: number): boolean =>
  end < 0 || (end === bytes.length - 1 && body.includes(0));

function withoutHead(bytes: Buffer, head: string): Recovered {
  const nothing = { records: [], wholeBytes: 0 };
  if (headLine.startsWith(head) || bytes.every((byte) => byte === 0)) {
    return { ...nothing, damage: undefined };
  }
  const [, layout] = /^brine journal (\d+)\n/.exec(bytes.subarray(0, 40).toString('latin1')) ?? [];
  if (layout === undefined) return { ...nothing, damage: 'it does not begin as a journal does' };
  throw fault('JOURNAL_UNUSABLE', `the journal has layout ${layout}, known here: 1`);
}

const prefixOf = (body: Buffer): string =>
  `${crc32(body).toString(16).padStart(8, '0')} ${body.length} `;

function decode(line: Buffer): readonly JournalRecord[] | undefined {
  const second = line.indexOf(0x20, 9);
  if (second < 0) return undefined;
  const body = line.subarray(second + 1);
  if (line.subarray(0, second + 1).toString('latin1') !== prefixOf(body)) return undefined;
  return parse(body.toString());
}

/** Undefined also for what a newer Brine wrote: it is set aside, and the master says it anew. */
function parse(text: string): readonly JournalRecord[] | undefined {
  try {
    return batch.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Environments a host may hold; as many as a hello can name. */
export const environmentsMax = 1_000;
export const toldMax = limits.reportsKeptMax;
