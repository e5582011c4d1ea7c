/** A row of a CSV file that a reader of such files gave, and the line it begins on, from 1. */
export type CsvRow = { cells: readonly string[]; line: number };

/** Finds a row's cell by its column's name. */
export type Cell = (row: CsvRow, column: string) => string;

/** The names in a file's first row, and its other rows, each as long as that one. */
export type CsvTable = { columns: string[]; rows: CsvRow[]; cell: Cell };

/**
 * Splits a file into names and rows.
 *
 * @throws If it is empty, a name occurs twice, or a row is longer or shorter than the first.
 */
export function readTable([head, ...rows]: readonly CsvRow[]): CsvTable {
  if (!head) throw new Error('line 1: expected the names of columns, found an empty file');
  const columns = head.cells.map((name) => name.trim());
  const at = new Map(columns.map((name, i) => [name, i]));
  const twice = columns.find((name, i) => name !== '' && at.get(name) !== i);
  if (twice !== undefined) throw new Error(`line ${head.line}: column ${shownCell(twice)} is there twice`);
  const odd = rows.find(({ cells }) => cells.length !== columns.length);
  if (odd) throw new Error(`line ${odd.line}: expected ${columns.length} cells, found ${odd.cells.length}`);
  return { columns, rows, cell: ({ cells }, column) => cells[at.get(column)!]!.trim() };
}

/** A cell as it stands in a message. */
export const shownCell = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** A number in a cell. @throws If it is none, or not finite. */
export function numberIn(text: string, where: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new Error(`${where}: expected a number, found ${shownCell(text)}`);
  return value;
}
