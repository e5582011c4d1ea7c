import { type Printed, readPrinted } from '../printed';
import { type CsvRow, readTable, shownCell } from './csv-row';

/** A number as somebody published it. */
export type Claim = {
  system: string;
  metric: string;
  value: Printed;
  /** Of how many samples; undefined where the table does not say. */ samples: number | undefined;
  /** Share of positive samples; undefined where the table does not say. */ prevalence: Printed | undefined;
  line: number;
};

const METRIC =
  /^(mae|corr|acc7|acc5|acc2_(has0|non0)|f1_(has0|non0)(_by_prediction|_positive)?|category_recall|\S+_(accuracy|f1|f1_by_prediction|f1_positive|brier))$/;
const OWN_UNITS = /^(mae|corr)$|_brier$/;
/** The largest data set that a claim may be of: more would be looked through for minutes. */
const MAX_SAMPLES = 100_000;

/**
 * Reads a table of published numbers: columns `system`, `metric` and `value`, and where known `samples` and `prevalence`. Shares may be per
 * cent; an empty value or `-` is not published.
 *
 * @throws At a metric that is not known or a value that is no number; says the line.
 */
export function readClaims(file: readonly CsvRow[]): Claim[] {
  const { columns, rows, cell } = readTable(file);
  const missing = ['system', 'metric', 'value'].filter((name) => !columns.includes(name));
  if (missing.length > 0)
    throw new Error(`line 1: expected columns system, metric and value; ${missing.join(' and ')} not found`);
  const optional = (row: CsvRow, column: string) => (columns.includes(column) ? cell(row, column) : '');
  return rows.flatMap((row) => {
    const text = cell(row, 'value');
    if (text === '' || text === '-') return [];
    const where = `line ${row.line}`;
    const metric = cell(row, 'metric');
    if (!METRIC.test(metric)) {
      const known = 'mae, corr, acc7, acc5, acc2_has0, f1_has0, acc2_non0, f1_non0, <emotion>_accuracy or <emotion>_f1';
      throw new Error(`${where}, column metric: expected ${known}, found ${shownCell(metric)}`);
    }
    const samples = optional(row, 'samples');
    const prevalence = optional(row, 'prevalence');
    return {
      ...{ system: cell(row, 'system'), metric, line: row.line },
      value: numeral(text, !OWN_UNITS.test(metric), `${where}, column value`),
      samples: samples === '' ? undefined : readSamples(samples, `${where}, column samples`),
      prevalence: prevalence === '' ? undefined : numeral(prevalence, true, `${where}, column prevalence`),
    };
  });
}

/** A number of samples. @throws If it is none of 1 to 100,000. */
export function readSamples(text: string, where: string): number {
  const count = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_SAMPLES) return count;
  throw new Error(`${where}: expected a whole number of 1 to ${MAX_SAMPLES}, found ${shownCell(text)}`);
}

function numeral(text: string, isShare: boolean, where: string): Printed {
  const printed = readPrinted(text, isShare);
  if (!printed) throw new Error(`${where}: expected a number such as 86.31, found ${shownCell(text)}`);
  return printed;
}
