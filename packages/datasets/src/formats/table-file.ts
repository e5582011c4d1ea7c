import { type CsvRecord, DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';
import { checkSeparator, csvRows } from './csv-rows';
import { readTextFile } from './text-file';

/** One row of a file with columns: its cells by column's name, and where it stands. */
export type TableRow<Column extends string> = { line: number; place: string; cells: Record<Column, string> };

/**
 * The rows of a CSV file whose first line names its columns; columns beyond those asked for are left out. A broken row is reported.
 *
 * @param options.encoding What this corpus's own files are in where they are no UTF-8.
 * @param options.optional Those of the columns that need not be there; their cells are then empty.
 * @throws DataError if a column is missing.
 */
export async function readCsvTable<Column extends string>(
  folder: CorpusFolder,
  file: string,
  columns: readonly Column[],
  report: Report,
  { encoding, optional = [] }: { encoding?: string; optional?: readonly Column[] } = {},
): Promise<TableRow<Column>[]> {
  const shown = shownFile(folder, file);
  const { text, badLines } = await readTextFile(folder, file, report, encoding);
  checkSeparator(shown, text, columns);
  const [head, ...records] = csvRows(text, shown, file, report);
  const names = head?.cells.map((name) => name.trim()) ?? [];
  const missing = columns.filter((name) => !names.includes(name) && !optional.includes(name));
  if (missing.length > 0) {
    const found = names.map((name) => quoted(name)).join(', ');
    throw new DataError(`${shown}, line 1: missing column ${missing.join(', ')}; found ${found}`);
  }
  return toRows(
    records,
    columns,
    columns.map((name) => names.indexOf(name)),
    names.length,
    { shown, file, badLines, report },
  );
}

/**
 * The rows of a file with tabs between its columns and no head. A row of another length is reported.
 *
 * @param quoting Whether a cell that begins with a double quote is quoted as in CSV; else a quote is a character like others.
 */
export async function readTsvTable<Column extends string>(
  folder: CorpusFolder,
  file: string,
  columns: readonly Column[],
  report: Report,
  { quoting }: { quoting: boolean },
): Promise<TableRow<Column>[]> {
  const shown = shownFile(folder, file);
  const { text, badLines } = await readTextFile(folder, file, report);
  const records = quoting ? csvRows(text, shown, file, report, '\t') : tabbedRows(text);
  return toRows(
    records,
    columns,
    columns.map((_, index) => index),
    columns.length,
    { shown, file, badLines, report },
  );
}

function tabbedRows(text: string): CsvRecord[] {
  return text
    .split(/\r?\n/)
    .map((content, index) => ({ line: index + 1, cells: content.split('\t') }))
    .filter(({ cells }) => cells.length > 1 || cells[0] !== '');
}

type Context = { shown: string; file: string; badLines: ReadonlySet<number>; report: Report };

function toRows<Column extends string>(
  records: readonly CsvRecord[],
  columns: readonly Column[],
  indices: readonly number[],
  width: number,
  { shown, file, badLines, report }: Context,
): TableRow<Column>[] {
  const rows: TableRow<Column>[] = [];
  for (const { line, cells } of records) {
    const place = `${shown}, line ${line}`;
    if (badLines.has(line)) continue;
    if (cells.length === width) {
      const entries = columns.map((name, i) => [name, cells[indices[i]!] ?? '']);
      rows.push({ line, place, cells: Object.fromEntries(entries) as Record<Column, string> });
    } else {
      report(problem('bad-row', file, line, `${place}: expected ${width} cells, found ${cells.length}`));
    }
  }
  return rows;
}
