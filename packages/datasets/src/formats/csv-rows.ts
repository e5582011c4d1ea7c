import { type CsvRecord, csvRecords } from '@mmolre/files';
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
