// How figures are taken and said: whole processes timed from outside, ours and the floor in turns, so
// that a busy moment of the machine meets both, and one line of JSON for each.

import { readFile } from 'node:fs/promises';
import { run } from '../e2e/product.ts';

/** Repetitions of each measurement; the median counts. */
export const runs = Number(process.env['BENCH_RUNS'] ?? 7);

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const round = (value: number): number => Number(value.toPrecision(4));

/** Prints one figure; `floor` is in the same unit and was measured in the same run. */
export function figure(name: string, value: number, unit: string, floor?: number): void {
  const more = floor === undefined ? {} : { floor: round(floor), ratio: round(value / floor) };
  process.stdout.write(`${JSON.stringify({ name, value: round(value), unit, ...more })}\n`);
}

/** Wall time of a whole process in ms; throws when it fails. */
export async function timed(command: string, args: readonly string[]): Promise<number> {
  const from = performance.now();
  const done = await run(command, args);
  const took = performance.now() - from;
  if (done.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.out}${done.err}`);
  return took;
}

export async function repeated(measure: (turn: number) => Promise<number>): Promise<number> {
  const took: number[] = [];
  for (let turn = 1; turn <= runs; turn += 1) took.push(await measure(turn));
  return median(took);
}

/** Medians of ours and of the floor, taken in turns; the first turn warms both up and counts for neither. */
export async function pairs(
  ours: (turn: number) => Promise<number>,
  floor: (turn: number) => Promise<number>,
): Promise<[number, number]> {
  const a: number[] = [];
  const b: number[] = [];
  for (let turn = 0; turn <= runs; turn += 1) {
    a.push(await ours(turn));
    b.push(await floor(turn));
  }
  return [median(a.slice(1)), median(b.slice(1))];
}

/** Resident memory of a process in MB. */
export async function rss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
