import { parse } from 'csv-parse/sync';

/** Lines of CSV (RFC 4180, lines end with a line feed). */
export const csv = (rows: readonly (readonly string[])[]) => rows.map((row) => `${row.map(cell).join(',')}\n`).join('');

const cell = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * The records of a CSV file and the lines they begin on, from 1; empty lines are left out.
 *
 * @param problem Makes the error of a broken record, which begins on that line.
 */
export function csvRecords(
  text: string,
  problem: (reason: string, line: number) => Error,
): { cells: string[]; line: number }[] {
  const records: { cells: string[]; line: number }[] = [];
  let line = 1;
  try {
    parse(text, {
      bom: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (cells: string[]): undefined => {
        if (cells.length > 1 || cells[0]!.trim() !== '') records.push({ cells, line });
        line += 1 + (cells.join().match(/\r\n|\r|\n/g)?.length ?? 0);
      },
    });
  } catch (error) {
    throw problem((error as Error).message.split('\n')[0]!, line);
  }
  return records;
}
