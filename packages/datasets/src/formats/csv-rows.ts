import { CsvError, parse } from 'csv-parse/sync';
import { problem, type Report } from '../problem';

/** One record of a CSV file and the line it begins on. */
export type CsvRow = { line: number; cells: string[] };

/** A record is at most this long: an unclosed quote then costs no more than this. */
const MAX_RECORD = 1_000_000;
/** After so many broken records the rest of the file is not read. */
const MAX_BROKEN = 200;

/** What is between cells; with tabs, a quote inside of a cell that does not begin with one is a character like others. */
export type Delimiter = ',' | '\t';

/**
 * The records of a CSV file (RFC 4180). After a broken one, which is reported, it goes on with the next line; empty lines are left out.
 *
 * @param shown The file's path, for messages.
 * @param file The file's path relative to the data set's folder.
 */
export function csvRows(
  text: string,
  shown: string,
  file: string,
  report: Report,
  delimiter: Delimiter = ',',
): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  let offset = 0;
  for (let broken = 0; ; broken++) {
    const error = parsePart(text.slice(offset), delimiter, (cells) => {
      if (cells.length > 1 || cells[0]!.trim() !== '') rows.push({ line, cells });
      // Counted here, as the parser counts a CRLF within quotes twice.
      line += 1 + (cells.join().match(/\r\n|\r|\n/g)?.length ?? 0);
    });
    if (!error) return rows;
    report(problem('bad-row', file, line, `${shown}, line ${line}: ${csvProblem(error)}`));
    if (broken === MAX_BROKEN) {
      const message = `${shown}, line ${line}: the rest is not read, as ${broken} rows before it are no CSV`;
      report(problem('bad-row', file, line, message));
      return rows;
    }
    line += 1;
    offset = lineOffset(text, line);
    if (offset >= text.length) return rows;
  }
}

function parsePart(text: string, delimiter: Delimiter, onRecord: (cells: string[]) => void): CsvError | undefined {
  try {
    parse(text, {
      delimiter,
      relax_quotes: delimiter === '\t',
      relax_column_count: true,
      max_record_size: MAX_RECORD,
      skip_empty_lines: false,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: string[]): undefined => {
        onRecord(record);
      },
    });
    return undefined;
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
}

function csvProblem(error: CsvError): string {
  const advice = 'a text with quotes needs double quotes around it, and each quote inside twice';
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return `a double quote is opened and never closed; ${advice}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return `a double quote is opened and not closed for ${MAX_RECORD} characters; ${advice}`;
  return `a double quote inside a cell; ${advice}`;
}

/** Where a line, counted from 1, begins. */
function lineOffset(text: string, line: number): number {
  const ends = /\r\n|\r|\n/g;
  for (let before = 1; before < line; before++) if (!ends.exec(text)) return text.length;
  return ends.lastIndex;
}
