// The scalars that the quick reader of YAML knows: keys, quoted texts without escapes, and plain ones
// that cannot be mistaken for anything else. Patterns are sticky: they match where they are set to.

import type { Primitive } from './tree.ts';

export const plainKey = /[A-Za-z_][\w./-]{0,200}(?=:)/y;
export const quotedText = /"[^"\\\n]*"|'[^'\n]*'/y;

/** Never with `: `, ` #` or an end in a colon or a space. */
export const plainInBlock =
  /[A-Za-z0-9_./$](?:[\w./$%=@+*()!<>~^;,&|?{}[\]-]|:(?=[\w./$%=@+*()-])| +(?=[\w./$%=@+*()!<>~^;,&|?{}[\]-]))*/y;

/** The same without what ends a value in brackets. */
export const plainInFlow =
  /[A-Za-z0-9_./$](?:[\w./$%=@+*()!<>~^;&|?-]|:(?=[\w./$%=@+*()-])| +(?=[\w./$%=@+*()!<>~^;&|?-]))*/y;

/** By the core schema of YAML 1.2; undefined for numbers so rare that the library is to read them. */
export function resolvePlain(source: string): Primitive | undefined {
  if (/^(?:null|Null|NULL)$/.test(source)) return null;
  if (/^(?:true|True|TRUE)$/.test(source)) return true;
  if (/^(?:false|False|FALSE)$/.test(source)) return false;
  if (!/^[0-9.]/.test(source)) return source;
  if (/^[0-9]+$/.test(source)) return parseInt(source, 10);
  if (/^(?:\.[0-9]+|[0-9]+\.[0-9]*)$/.test(source)) return parseFloat(source);
  // Octal, hexadecimal, infinities, exponents.
  if (/^(?:0o[0-7]+|0x[0-9a-fA-F]+|\.(?:inf|Inf|INF|nan|NaN|NAN))$/.test(source)) return undefined;
  if (/^(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/.test(source)) return undefined;
  return source;
}
