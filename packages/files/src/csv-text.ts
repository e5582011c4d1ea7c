import { stringify } from 'csv-stringify/sync';
import { guarded } from './csv-guard';

/**
 * Lines of CSV (RFC 4180, lines end with a line feed) that are safe to open in a spreadsheet: a text that one would take for a formula has
 * an apostrophe before it, which `csvRecords` takes off again. A cell with spaces around it is quoted too, which some readers would
 * cut off.
 */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(
    rows.map((cells) => cells.map((cell) => (typeof cell === 'string' ? guarded(cell) : cell))),
    { record_delimiter: '\n', quoted_match: /^\s|\s$|[\r\n]/ },
  );
