// How a test says what an answer must hold: a text that stands in it, or a /regular expression/.

import { quoted, right, wrong, type Parsed } from './parsed.ts';
import type { JsonMatch, Match } from './test-request.ts';

/** `/up to \d+/i` is a pattern, all else a text that must stand there as it is. */
export function parseMatch(raw: string): Parsed<Match> {
  const pattern = parsePattern(raw);
  return pattern ?? right({ contains: raw });
}

/** A value must equal; only a text can be a pattern. */
export function parseJsonMatch(raw: string | number | boolean): Parsed<JsonMatch> {
  const pattern = typeof raw === 'string' ? parsePattern(raw) : undefined;
  return pattern ?? right({ equals: raw });
}

function parsePattern(raw: string): Parsed<Extract<Match, { pattern: string }>> | undefined {
  const [, pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(raw) ?? [];
  if (pattern === undefined) return undefined;
  if (!/^[imsu]*$/.test(flags)) {
    return wrong(`${quoted(raw)} has flags that are unknown`, 'there are i, m, s and u');
  }
  try {
    new RegExp(pattern, flags);
    return right({ pattern, flags });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /s, '') : String(error);
    return wrong(`${quoted(raw)} is not a regular expression: ${why}`);
  }
}

/** For messages: what was asked for, as it was written. */
export const matchText = (match: Match | JsonMatch): string =>
  'pattern' in match
    ? `/${match.pattern}/${match.flags}`
    : JSON.stringify('contains' in match ? match.contains : match.equals);
