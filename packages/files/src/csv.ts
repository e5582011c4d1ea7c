import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** Lines of CSV (RFC 4180, lines end with a line feed). A cell with spaces around it is quoted too, which some readers would cut off. */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(rows as (string | number)[][], { record_delimiter: '\n', quoted_match: /^\s|\s$|[\r\n]/ });

/** One record of a CSV file and the line it begins on, from 1. */
export type CsvRecord = { cells: string[]; line: number };

export type CsvOptions = {
  /** What is between cells: a comma. With tabs, a quote inside of a cell that does not begin with one is a character like others. */
  delimiter?: ',' | '\t';
};

/** A record is at most this long: an unclosed quote then costs no more than this. */
const MAX_RECORD = 1_000_000;
/** After so many broken records the rest of the file is not read. */
const MAX_BROKEN = 200;
const LINE_END = /\r\n|\r|\n/g;

/**
 * The records of a CSV file (RFC 4180); empty lines are left out, and so is a byte order mark.
 *
 * @param onBroken Told of a record that is broken and begins on that line. If it throws, that is thrown; else reading goes on with the
 *   next line.
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
    const error = parsePart(rest, delimiter, (cells) => {
      if (cells.length > 1 || cells[0]!.trim() !== '') records.push({ cells, line });
      // Counted here, as the parser counts a CRLF within quotes twice.
      line += 1 + (cells.join().match(LINE_END)?.length ?? 0);
    });
    if (!error) return records;
    onBroken(reasonOf(error), line);
    if (broken === MAX_BROKEN) {
      onBroken(`the rest is not read, as ${broken} rows before it are no CSV`, line);
      return records;
    }
    line += 1;
    rest = whole.slice(lineOffset(whole, line));
    if (rest === '') return records;
  }
}

function parsePart(text: string, delimiter: string, onRecord: (cells: string[]) => void): CsvError | undefined {
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
    return undefined;
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
}

function reasonOf({ code }: CsvError): string {
  const advice = 'a text with quotes needs double quotes around it, and each quote inside twice';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `a double quote is opened and never closed; ${advice}`;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `a double quote is opened and not closed for ${MAX_RECORD} characters; ${advice}`;
  return `a double quote inside a cell; ${advice}`;
}

/** Where a line, counted from 1, begins. */
function lineOffset(text: string, line: number): number {
  const ends = new RegExp(LINE_END);
  for (let before = 1; before < line; before++) if (!ends.exec(text)) return text.length;
  return ends.lastIndex;
}
