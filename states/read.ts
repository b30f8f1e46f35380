// From files to trees: every file of the states that can be read, by the part it plays and its name.

import { tidyDiagnostics, type Diagnostic } from './diagnostics.ts';
import { findFiles, type FoundFile, type Part, type StateFiles } from './files.ts';
import { isName } from './ids.ts';
import { quoted } from './parsed.ts';
import { decode, problemAt } from './source-text.ts';
import type { MapTree } from './tree.ts';
import { readYaml } from './yaml.ts';

export interface ReadStates {
  /** Part → name → what the file says; undefined where it cannot be read, which is told. */
  readonly trees: Readonly<Record<Part, ReadonlyMap<string, MapTree | undefined>>>;
  readonly diagnostics: readonly Diagnostic[];
}

export function readStates(files: StateFiles): ReadStates {
  const { found, diagnostics } = findFiles(files);
  const trees = {
    brine: new Map<string, MapTree | undefined>(),
    service: new Map<string, MapTree | undefined>(),
    environment: new Map<string, MapTree | undefined>(),
    versions: new Map<string, MapTree | undefined>(),
  };
  const told = [...diagnostics];
  for (const file of found) {
    const { tree, problems } = readTree(file);
    trees[file.part].set(file.name, tree);
    told.push(...problems);
  }
  return { trees, diagnostics: tidyDiagnostics(told) };
}

interface Read {
  readonly tree?: MapTree;
  readonly problems: readonly Diagnostic[];
}

function readTree({ part, name, file, bytes }: FoundFile): Read {
  const badName = part === 'brine' ? undefined : nameProblem(part, name, file);
  if (badName !== undefined) return { problems: [badName] };
  const source = decode(file, bytes);
  if ('message' in source) return { problems: [source] };
  const { tree, diagnostics } = readYaml(source);
  if (tree === undefined) return { problems: diagnostics };
  if (tree.kind === 'map') return { tree, problems: diagnostics };
  const empty = tree.kind === 'scalar' && tree.value === null;
  const message = empty ? 'this file is empty' : 'this file holds no map of keys and values';
  const start = { source, start: 0, end: 1 };
  const at = empty ? start : tree.place;
  return { problems: [...diagnostics, problemAt(at, message, 'write `key: value` lines')] };
}

function nameProblem(part: Part, name: string, file: string): Diagnostic | undefined {
  const place = { file, line: 1, column: 1 };
  const what = part === 'service' ? 'a service' : 'an environment';
  if (!isName(name)) {
    const hint = 'rename the file: 1 to 40 of a-z, 0-9 and -, with - only in between';
    return { ...place, message: `${quoted(name)} cannot be the name of ${what}`, hint };
  }
  const message = `the name of ${what} cannot begin with \`x-\``;
  return name.startsWith('x-') ? { ...place, message, hint: 'rename the file' } : undefined;
}
