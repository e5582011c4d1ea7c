import { type CsvRow, type CsvTable, numberIn, readTable, shownCell } from './csv-row';

// N samples of a task, C emotions

/** Predictions and labels of a file; of each task the samples that have all of its cells. */
export type Predictions = {
  /** Rows of the file. */ rows: number;
  sentiment: { scores: number[]; labels: number[] } | undefined;
  emotions: EmotionPredictions | undefined;
};

export type EmotionPredictions = {
  /** [C] */ names: string[];
  /** [N][C], 0 .. 1 */ probabilities: number[][];
  /** [N][C], above 0 = present */ labels: number[][];
  /** [N], the category that the file says; undefined where it has no such column. */ categories: string[] | undefined;
};

const LABEL = '_label';
/** Columns that are no emotion though there may be one of the same name with `_label`. */
const NO_EMOTION = ['sentiment', 'category'];

/**
 * Reads what eval writes as `predictions.csv`, or any table with columns `prediction` and `label` (sentiment), or `<emotion>` and
 * `<emotion>_label`. A sample without a cell of a task is left out of that task.
 *
 * @throws At a cell that is no number, a probability outside of 0 .. 1, or where neither task is there; says the line.
 */
export function readPredictions(file: readonly CsvRow[]): Predictions {
  const table = readTable(file);
  const { columns, rows, cell } = table;
  if (columns.includes('model')) {
    const other = rows.find((row) => cell(row, 'model') !== cell(rows[0]!, 'model'));
    if (other) {
      const [one, two] = [rows[0]!, other].map((row) => shownCell(cell(row, 'model')));
      throw new Error(`line ${other.line}: expected the rows of one model, found ${two} after ${one}`);
    }
  }
  const sentiment = [
    ['sentiment', 'sentiment_label'],
    ['prediction', 'label'],
  ].find((pair) => pair.every((name) => columns.includes(name)));
  const known = new Set(columns);
  const names = columns.filter((name) => known.has(`${name}${LABEL}`) && !NO_EMOTION.includes(name));
  if (!sentiment && names.length === 0) {
    const wanted = 'sentiment and sentiment_label, or prediction and label, or an emotion and the same with _label';
    throw new Error(`line 1: expected columns ${wanted}; found ${shownCell(columns.join(', '))}`);
  }
  return {
    rows: rows.length,
    sentiment: sentiment && readSentiment(table, sentiment[0]!, sentiment[1]!),
    emotions: names.length > 0 ? readEmotions(table, names) : undefined,
  };
}

function readSentiment(table: CsvTable, score: string, label: string): Predictions['sentiment'] {
  const found = completeRows(table, [score, label]);
  return { scores: found.map(({ values }) => values[0]!), labels: found.map(({ values }) => values[1]!) };
}

function readEmotions(table: CsvTable, names: string[]): EmotionPredictions {
  const found = completeRows(table, [...names, ...names.map((name) => `${name}${LABEL}`)]);
  for (const { row, values } of found) {
    const at = values.findIndex((value, c) => c < names.length && !(value >= 0 && value <= 1));
    if (at < 0) continue;
    throw new Error(`line ${row.line}, column ${names[at]}: expected a probability of 0 to 1, found ${values[at]}`);
  }
  return {
    names,
    probabilities: found.map(({ values }) => values.slice(0, names.length)),
    labels: found.map(({ values }) => values.slice(names.length)),
    categories: table.columns.includes('category') ? found.map(({ row }) => table.cell(row, 'category')) : undefined,
  };
}

/** The numbers of the rows that have all of these. */
const completeRows = ({ rows, cell }: CsvTable, columns: string[]) =>
  rows
    .filter((row) => columns.every((column) => cell(row, column) !== ''))
    .map((row) => ({
      row,
      values: columns.map((column) => numberIn(cell(row, column), `line ${row.line}, column ${column}`)),
    }));
