import { csvRecords } from '@mmolre/files';
import type { CsvRow } from '../src/checker/csv-row';

/** The rows of a CSV text; of lines. */
export const rowsOf = (...lines: string[]): CsvRow[] =>
  csvRecords(lines.join('\n'), (reason) => {
    throw new Error(reason);
  });
