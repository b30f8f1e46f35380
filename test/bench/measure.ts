// How figures are taken and said: whole processes timed from outside, ours and the others in turns, so
// that a busy moment of the machine meets all, and one line of JSON for each.

import { readFile } from 'node:fs/promises';
import { run } from '../e2e/product.ts';

/** Repetitions of each measurement; the median counts. */
const runs = Number(process.env['BENCH_RUNS'] ?? 5);

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const round = (value: number): number => Number(value.toPrecision(4));

/** What the figure is held against, in its unit and measured in the same run. */
interface Beside {
  /** The same by bare calls, or by nothing but a program's start. */
  readonly floor?: number | undefined;
  /** The same by Docker's Swarm. */
  readonly swarm?: number | undefined;
}

/** Prints one figure. */
export function figure(name: string, value: number, unit: string, beside: Beside = {}): void {
  const { floor, swarm } = beside;
  const more = {
    ...(floor === undefined ? {} : { floor: round(floor), ratio: round(value / floor) }),
    ...(swarm === undefined ? {} : { swarm: round(swarm), vs_swarm: round(value / swarm) }),
  };
  process.stdout.write(`${JSON.stringify({ name, value: round(value), unit, ...more })}\n`);
}

/** Wall time of some work in ms. */
export async function taken(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Wall time of a whole process in ms; throws when it fails. */
export function timed(command: string, args: readonly string[]): Promise<number> {
  return taken(async () => {
    const done = await run(command, args);
    if (done.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.out}${done.err}`);
  });
}

/** The median of several turns, the first of which is not counted. */
export async function repeated(measure: (turn: number) => Promise<number>): Promise<number> {
  const { value } = await inTurns({ value: measure });
  return value;
}

/** The median of each, taken in turns; the first turn warms all up and counts for none. */
export async function inTurns<Name extends string>(
  measures: Readonly<Record<Name, (turn: number) => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(measures) as Name[];
  const took = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const name of names) {
      const one = await measures[name](turn);
      if (turn > 0) took[name].push(one);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(took[name])])) as Record<
    Name,
    number
  >;
}

/** Resident memory of a process in MB. */
export async function rss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Seconds of CPU that a process has used so far, itself and its kernel's part. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The same on every Linux that Node runs on. */
const ticksPerSecond = 100;
