// A JUnit file read into counts, and the names of what failed. The parser knows no entities but the five
// of XML itself, and none that a file declares; nothing but names and numbers is kept.

import { SaxesParser } from 'saxes';

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

export interface Junit extends Counts {
  /** The first of them, as `suite › test`. */
  readonly failed: readonly string[];
}

const namesMax = 5;
const nameCharsMax = 200;
const depthMax = 100;

/** A text for why it cannot be read. */
export function readJunit(bytes: Uint8Array): Junit | string {
  const parser = new SaxesParser({ xmlns: false });
  const counts = { tests: 0, failures: 0, skipped: 0 };
  const failed: string[] = [];
  let depth = 0;
  let open: { name: string; as: 'failures' | 'skipped' | undefined } | undefined;
  let wrong: string | undefined;
  parser.on('error', (error) => {
    wrong ??= error.message;
  });
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1;
    if (depth > depthMax) wrong ??= `it is nested deeper than ${depthMax}`;
    if (depth === 1 && name !== 'testsuites' && name !== 'testsuite') {
      wrong ??= `it begins with <${name}>, not with <testsuites>`;
    }
    if (name === 'testcase') open = { name: nameOf(attributes), as: undefined };
    else if (open !== undefined && (name === 'failure' || name === 'error')) open.as = 'failures';
    else if (open !== undefined && name === 'skipped') open.as ??= 'skipped';
  });
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    if (name !== 'testcase' || open === undefined) return;
    counts.tests += 1;
    if (open.as !== undefined) counts[open.as] += 1;
    if (open.as === 'failures' && failed.length < namesMax) failed.push(open.name);
    open = undefined;
  });
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length && wrong === undefined; at += pieceBytes) {
    parser.write(decoder.decode(bytes.subarray(at, at + pieceBytes), { stream: true }));
  }
  if (wrong === undefined) parser.close();
  return wrong ?? { ...counts, failed };
}

const pieceBytes = 65_536;

function nameOf(attributes: Readonly<Record<string, unknown>>): string {
  const { classname, name } = attributes;
  const parts = [classname, name].filter((part) => typeof part === 'string' && part !== '');
  return parts.join(' › ').slice(0, nameCharsMax);
}
