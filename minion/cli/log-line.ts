// A line of the log as a person reads it.

import { harmless } from './problem.ts';

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'ERROR',
  60: 'FATAL',
};

/** `14:03:22 warn  [beta] drift  service=api what="it was removed"`. */
export function logLine(json: string): string {
  const { level, time, msg, environment, err, ...rest } = JSON.parse(json) as Record<
    string,
    unknown
  >;
  const word = (levels[Number(level)] ?? 'info').padEnd(5);
  const at = String(time).slice(11, 19);
  const where = typeof environment === 'string' ? `[${environment}] ` : '';
  const more = Object.entries(rest).map(([key, value]) => `  ${key}=${said(value)}`);
  const why = err === undefined ? '' : `  ${said((err as { message?: unknown }).message)}`;
  return `${harmless(`${at} ${word} ${where}${String(msg)}${more.join('')}${why}`)}\n`;
}

const said = (value: unknown): string =>
  typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
