// A file of NAME=value lines, as `docker run --env-file` reads it: no quotes, no `${…}`, `#` at the
// beginning of a line is a comment.

import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';
import { envName } from './schema/names.ts';
import type { SourceText } from './source-text.ts';

interface EnvFile {
  readonly env: Readonly<Record<string, string>>;
  readonly diagnostics: readonly Diagnostic[];
}

export function readEnvFile({ file, text }: Pick<SourceText, 'file' | 'text'>): EnvFile {
  const env: Record<string, string> = {};
  const diagnostics: Diagnostic[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [name = '', ...rest] = line.split('=');
    const value = rest.join('=');
    const problem = problemOf(name, rest.length > 0, value);
    if (problem === undefined) env[name] = value;
    else diagnostics.push({ file, line: index + 1, column: 1, ...problem });
  }
  return { env, diagnostics };
}

/** The line itself is not repeated: it may be a secret. */
function problemOf(name: string, hasValue: boolean, value: string) {
  if (!hasValue)
    return { message: 'this line is not NAME=value', hint: 'write # before a comment' };
  const parsed = envName.check(name);
  if (!parsed.ok) return { message: parsed.problem, ...(parsed.hint && { hint: parsed.hint }) };
  return value.length > bounds.textCharsMax
    ? { message: `this value is longer than ${bounds.textCharsMax} characters` }
    : undefined;
}
