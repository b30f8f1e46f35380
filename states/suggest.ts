// "Did you mean": the known word that is nearest to a misspelt one.

const wordCharsMax = 64;

/** Undefined where none is near enough to be meant; of equally near ones the first. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  if (word === '' || word.length > wordCharsMax) return undefined;
  const meant = word.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const name = candidate.toLowerCase();
    const allowed = Math.max(1, Math.floor(Math.max(name.length, meant.length) / 3));
    if (Math.abs(name.length - meant.length) > allowed) continue;
    const distance = editDistance(meant, name);
    if (distance <= allowed && distance < Math.min(least, meant.length)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** Letters to add, drop or replace, or neighbours to swap, until one word is the other. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let last: number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, at(before, j - 2) + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return at(last, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;
