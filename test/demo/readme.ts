// Holds README.md to what the demo printed: `node test/demo/readme.ts TRANSCRIPT`. Every line that it
// shows must be there, in that order; times, ids, addresses and other numbers may differ.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const [, , transcript = ''] = process.argv;
const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
const [, ...blocks] = readme.split('```\n$ sed');
const shown = linesOf(`$ sed${blocks[0]?.split('\n```')[0] ?? ''}`);
const printed = linesOf(await readFile(transcript, 'utf8'));

let from = 0;
for (const line of shown) {
  const found = printed.indexOf(line, from);
  if (found < 0) {
    process.stderr.write(`README.md shows a line that the demo did not print there:\n  ${line}\n`);
    process.exitCode = 1;
    break;
  }
  from = found + 1;
}
if (shown.length < 10) throw new Error('README.md shows nothing of the demo');

/** Without what is different each time. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b[0-9a-f]{7,}\b/g, '·')
        .replaceAll(/\d+/g, '·')
        .trimEnd(),
    )
    .filter((line) => line !== '');
}
