import colours from 'picocolors';
import { visible } from './visible.ts';
import { fit, pad, textWidth } from './width.ts';

/** Narrower than this a column says nothing, so the line is cut instead. */
const NARROWEST = 5;
const GAP = ' │ ';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Its cells are worth nothing when cut: other columns give way, or the end of the line. */
  readonly whole?: boolean;
  /** Colours a cell after it was cut and filled up. */
  readonly style?: (padded: string, text: string) => string;
}

/** null is shown as an empty cell; callers that must tell it from '' give a word. */
export type Cell = string | number | null | undefined;

/**
 * A table of fixed column widths: known rows are measured, later ones cut to fit. No cell ever
 * breaks its line.
 */
export class Table {
  readonly #columns: readonly Column[];
  readonly #widths: readonly number[];
  readonly #available: number;

  /** @param available terminal cells; Infinity where there is no terminal. */
  constructor(columns: readonly Column[], sample: readonly (readonly Cell[])[], available: number) {
    this.#columns = columns;
    this.#available = available;
    const natural = columns.map((column, at) =>
      Math.max(textWidth(visible(column.title)), ...sample.map((row) => textWidth(shown(row[at])))),
    );
    const narrowest = columns.map((column, at) => (column.whole === true ? (natural[at] ?? 0) : NARROWEST));
    this.#widths = shrink(natural, narrowest, available - GAP.length * (columns.length - 1));
  }

  head(): string {
    const titles = this.#columns.map((column, at) => pad(fit(visible(column.title), this.#width(at)), this.#width(at)));
    const rule = this.#columns.map((_, at) => '─'.repeat(this.#width(at))).join('─┼─');
    return `${colours.bold(this.#cut(titles.join(GAP).trimEnd()))}\n${colours.dim(this.#cut(rule))}\n`;
  }

  row(cells: readonly Cell[]): string {
    const plain = this.#columns.map((column, at) => {
      const text = shown(cells[at]);
      const room = this.#available === Infinity ? text : fit(text, this.#width(at));
      return pad(room, this.#width(at), column.align);
    });
    const line = plain.join(GAP).trimEnd();
    if (textWidth(line) > this.#available) return `${fit(line, this.#available)}\n`;
    const last = plain.length - 1;
    const styled = plain.map((text, at) => {
      const kept = at === last ? text.trimEnd() : text;
      return this.#columns[at]?.style?.(kept, shown(cells[at])) ?? kept;
    });
    return `${styled.join(GAP).trimEnd()}\n`;
  }

  #width(at: number): number {
    return this.#widths[at] ?? 0;
  }

  #cut(line: string): string {
    return fit(line, this.#available);
  }
}

/** A whole listing at once. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], available: number): string {
  const table = new Table(columns, rows, available);
  return table.head() + rows.map((row) => table.row(row)).join('');
}

function shown(cell: Cell): string {
  return cell === null || cell === undefined ? '' : visible(String(cell));
}

/** Takes from the widest columns first, so that short ones stay readable. */
function shrink(natural: readonly number[], narrowest: readonly number[], available: number): number[] {
  const widths = [...natural];
  const spare = (at: number): number => (widths[at] ?? 0) - (narrowest[at] ?? 0);
  for (let over = widths.reduce((sum, width) => sum + width, 0) - available; over > 0; over -= 1) {
    const candidates = [...widths.keys()].filter((at) => spare(at) > 0);
    const widest = candidates.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
