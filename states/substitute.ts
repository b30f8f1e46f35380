// Puts values in the place of `${…}` in the texts of a tree. A text that is one reference alone takes
// over its type; within a longer text everything is text.

import type { Diagnostic } from './diagnostics.ts';
import type { Scope } from './scope.ts';
import { problemAt, type Place } from './source-text.ts';
import { hasReference, parseTemplate, type Reference } from './template.ts';
import { toPlain, type Primitive, type ScalarTree, type Tree } from './tree.ts';

export interface Substituted {
  /** As `toPlain` gives it; what is still open stands as it was written. */
  readonly plain: unknown;
  readonly open: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** `under` is the key that the tree stands at. */
export function substitute(tree: Tree, scope: Pick<Scope, 'lookup'>, under = ''): Substituted {
  const diagnostics: Diagnostic[] = [];
  let open = false;
  const plain = toPlain(
    tree,
    (scalar, text) => {
      if (!hasReference(text)) return text;
      const filled = fill(text, scalar, scope);
      diagnostics.push(...filled.diagnostics);
      open ||= filled.open;
      return filled.value;
    },
    under,
  );
  return { plain, open, diagnostics };
}

interface Filled {
  readonly value: Primitive;
  readonly open: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

function fill(text: string, scalar: ScalarTree, scope: Pick<Scope, 'lookup'>): Filled {
  const parts = parseTemplate(text);
  const diagnostics: Diagnostic[] = [];
  const places = referencePlaces(scalar.place);
  let open = false;
  const values = parts.map((part) => {
    if (typeof part === 'string') return part;
    const found = 'problem' in part ? part : scope.lookup(part.name);
    const place = places(part);
    if ('value' in found) return found.value;
    if ('open' in found) open = true;
    else diagnostics.push(problemAt(place, found.problem, found.hint));
    return part.raw;
  });
  const [only, ...more] = values;
  const value = only !== undefined && more.length === 0 ? only : values.map(String).join('');
  return { value, open, diagnostics };
}

/** Finds references in the text as it is written, one after the other. */
function referencePlaces(scalar: Place): (part: Pick<Reference, 'raw'>) => Place {
  const { source, start, end } = scalar;
  let from = start;
  return ({ raw }) => {
    const at = source.text.indexOf(raw, from);
    if (at < 0 || at + raw.length > end) return scalar;
    from = at + raw.length;
    return { source, start: at, end: from };
  };
}
