import { CsvError, parse } from 'csv-parse/sync';
import { flawOf, LINE_END, MAX_RECORD } from './csv-flaw';
import { unguarded } from './csv-guard';

/** One record of a CSV file and the line it begins on, from 1. */
export type CsvRecord = { cells: string[]; line: number };

export type CsvOptions = {
  /**
   * What is between cells: a comma. With tabs, a quote inside of a cell that does not begin with one is a character like others, and so is an
   * apostrophe before what looks like a formula.
   */
  delimiter?: ',' | '\t';
};

/** After so many broken records the rest of the file is not read. */
const MAX_BROKEN = 200;

/**
 * The records of a CSV file (RFC 4180); empty lines are left out, and so is a byte order mark. What `csvText` made of rows of two and
 * more cells comes back as it was.
 *
 * @param onBroken Told of a record that is broken and begins on that line. If it throws, that is thrown; else reading goes on with the line
 *   after the one where it broke.
 */
export function csvRecords(
  text: string,
  onBroken: (reason: string, line: number) => void,
  { delimiter = ',' }: CsvOptions = {},
): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let rest = text.replace(/^\uFEFF/, '');
  const whole = rest;
  for (let broken = 0; ; broken++) {
    const isRefused = parsePart(rest, delimiter, (cells) => {
      const isEmpty = cells.length === 1 && cells[0]!.trim() === '';
      if (!isEmpty) records.push({ cells: delimiter === ',' ? cells.map(unguarded) : cells, line });
      // Counted here, as the parser counts a CRLF within quotes twice.
      line += 1 + (cells.join().match(LINE_END)?.length ?? 0);
    });
    if (!isRefused) return records;
    const { reason, skip } = flawOf(whole.slice(lineOffset(whole, line)), delimiter, line);
    onBroken(reason, line);
    if (broken === MAX_BROKEN) {
      onBroken(`the rest is not read, as ${broken} rows before it are no CSV`, line);
      return records;
    }
    line += skip;
    rest = whole.slice(lineOffset(whole, line));
    if (rest === '') return records;
  }
}

/** Whether the parser refused a record: the one after those that it gave. */
function parsePart(text: string, delimiter: string, onRecord: (cells: string[]) => void): boolean {
  try {
    parse(text, {
      delimiter,
      relax_quotes: delimiter === '\t',
      relax_column_count: true,
      max_record_size: MAX_RECORD,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (cells: string[]): undefined => {
        onRecord(cells);
      },
    });
    return false;
  } catch (error) {
    if (error instanceof CsvError) return true;
    throw error;
  }
}

/** Where a line, counted from 1, begins. */
function lineOffset(text: string, line: number): number {
  const ends = new RegExp(LINE_END);
  for (let before = 1; before < line; before++) if (!ends.exec(text)) return text.length;
  return ends.lastIndex;
}
