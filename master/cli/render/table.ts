// A table of plain columns: as wide as its longest cell, the last one takes what is left and is cut.

import type { Style } from './style.ts';
import { cut, fit, widthOf } from './text.ts';

export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
  readonly indent?: string;
}

export function table(shown: Table, width: number, style: Style): string[] {
  const indent = shown.indent ?? '';
  const rows = shown.rows.map((row) => row.map(asCell));
  const widths = columnWidths(shown.head, rows, width - indent.length);
  const line = (cells: readonly Cell[]): string =>
    indent +
    cells
      .map((cell, index) => {
        const columns = widths[index] ?? 0;
        const last = index === cells.length - 1;
        const text = last ? cut(cell.text, columns) : fit(cell.text, columns);
        return cell.paint === undefined ? text : cell.paint(text);
      })
      .join('  ')
      .trimEnd();
  const head = line(shown.head.map((text) => ({ text, paint: style.dim })));
  return [head, ...rows.map(line)];
}

/** Every column as wide as it needs; too wide together, the widest give way first. */
function columnWidths(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  available: number,
): number[] {
  const needed = head.map((title, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index]?.text ?? ''))),
  );
  const space = available - 2 * (needed.length - 1);
  let over = needed.reduce((sum, each) => sum + each, 0) - space;
  while (over > 0) {
    const widest = needed.indexOf(Math.max(...needed));
    const columns = needed[widest] ?? 0;
    if (columns <= 6) break;
    needed[widest] = columns - 1;
    over -= 1;
  }
  return needed;
}

const asCell = (cell: Cell | string): Cell => (typeof cell === 'string' ? { text: cell } : cell);
