// A line of the daemon's own log for a person at a terminal; in a pipe it stays JSON.

import type { Style } from './style.ts';
import { fit, harmless } from './text.ts';

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

export function logLine(raw: string, style: Style): string {
  const { level, time, msg, err, ...fields } = JSON.parse(raw) as Record<string, unknown>;
  const word = fit(levels[Number(level)] ?? '', 5);
  const paint = Number(level) >= 50 ? style.bad : Number(level) >= 40 ? style.warn : style.dim;
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const cause = (err as { message?: string } | undefined)?.message;
  const more = [...parts, ...(cause === undefined ? [] : [`reason=${cause}`])].join(' ');
  const when = String(time).slice(11, 19);
  return `${style.dim(when)} ${paint(word)} ${harmless(String(msg))}${more === '' ? '' : style.dim(`  ${harmless(more)}`)}`;
}
