import { type CsvRecord, csvRecords, DataError } from '@mmolre/files';
import { problem, type Report } from '../problem';

/**
 * The records of a CSV file (RFC 4180). After a broken one, which is reported, it goes on with the next line; empty lines are left out.
 *
 * @param shown The file's path, for messages.
 * @param file The file's path relative to the data set's folder.
 */
export const csvRows = (
  text: string,
  shown: string,
  file: string,
  report: Report,
  delimiter: ',' | '\t' = ',',
): CsvRecord[] =>
  csvRecords(text, (reason, line) => report(problem('bad-row', file, line, `${shown}, line ${line}: ${reason}`)), {
    delimiter,
  });

const SEPARATORS = new Map([
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
]);

/** Whether the head has something else than commas between its columns, so that none of its rows can be read. @throws DataError if so. */
export function checkSeparator(shown: string, text: string, columns: readonly string[]): void {
  const head = /[^\r\n]+/.exec(text.replace(/^\uFEFF/, ''))?.[0] ?? '';
  for (const [separator, name] of SEPARATORS) {
    const names = head.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (columns.every((column) => names.includes(column)))
      throw new DataError(
        `${shown}, line 1: expected commas between the columns, found ${name}; save it as CSV with commas`,
      );
  }
}
