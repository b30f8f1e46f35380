// The keys of the hosts as a table, with the fingerprints that the hosts show themselves.

import { digestText } from '../../../protocol/identity/keys.ts';
import type { KeysView, KeyView } from '../../api/key-contract.ts';
import type { Page } from './plan.ts';
import type { Style } from './style.ts';
import { table, type Cell } from './table.ts';
import { harmless, listed } from './text.ts';
import { coarse } from './time.ts';

export function keysText({ ca, keys, rotation }: KeysView, now: number, page: Page): string {
  // Short, so that it stands whole in one line of 80 columns.
  const authority = `CA:  ${digestText(ca)}`;
  const own = rotation === null ? authority : `${authority}\n${rotationText(rotation)}`;
  if (keys.length === 0) return `${own}\n\nNo host has joined, and none asks to.`;
  const rows = keys.map((key) => [
    harmless(key.id),
    stateOf(key, page.style),
    harmless(key.address ?? ''),
    endOf(key, now),
  ]);
  const lines = table({ head: ['HOST', 'KEY', 'ASKS FROM', 'ENDS'], rows }, page.width, page.style);
  // Under each row, because no terminal is wide enough for both and none of it may be cut.
  const [head = '', ...body] = lines;
  const withKeys = body.flatMap((line, at) => [
    line,
    page.style.dim(`  ${digestText(keys[at]?.key ?? '')}`),
  ]);
  return [own, '', head, ...withKeys].join('\n');
}

function stateOf({ state }: KeyView, style: Style): Cell {
  if (state === 'accepted') return { text: state, paint: style.good };
  return { text: state, paint: state === 'pending' ? style.busy : style.bad };
}

const endOf = ({ expiresAt }: KeyView, now: number): string =>
  expiresAt > now ? `in ${coarse(Math.round((expiresAt - now) / 1_000))}` : 'ended';

export function rotationText({ waiting }: NonNullable<KeysView['rotation']>): string {
  if (waiting.length === 0) return 'Its key is being changed; every host has followed.';
  const names = listed(waiting.map(harmless), 8);
  return `Its key is being changed. Not yet followed: ${names}. They do when they link; without them: master ca rotate --finish`;
}
