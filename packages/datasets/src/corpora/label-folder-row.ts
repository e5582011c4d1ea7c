import { DataError, quoted } from '@mmolre/files';
import { numberOf, numberWithin } from '../formats/number-cell';
import { EMOTIONS, type Sample, SPLITS, type Split } from '../sample';

/** One line of label.csv: its cells by column, and where it stands. */
export type LabelRow = {
  /** Such as `data/label.csv, line 7`. */
  place: string;
  line: number;
  cells: Map<string, string>;
  /** What labels out of range look like; empty if there are few of them. */
  scale: string;
};

export const REQUIRED = ['video_id', 'clip_id', 'text', 'label', 'mode'];

/** Checks the header of label.csv. @throws DataError naming the columns that are missing, doubled, or an incomplete set of emotions. */
export function checkColumns(place: string, columns: string[]): void {
  const found = `found ${columns.map((name) => quoted(name)).join(', ')}`;
  const missing = REQUIRED.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new DataError(`${place}: missing column ${missing.join(', ')}; expected ${REQUIRED.join(', ')}, ${found}`);
  }
  const doubled = columns.find((name, index) => name !== '' && columns.indexOf(name) < index);
  if (doubled !== undefined) throw new DataError(`${place}: column ${quoted(doubled)} occurs twice; ${found}`);
  const absent = EMOTIONS.filter((name) => !columns.includes(name));
  if (absent.length > 0 && absent.length < EMOTIONS.length) {
    throw new DataError(`${place}: missing column ${absent.join(', ')}; expected all six emotions or none, ${found}`);
  }
}

/** A sample without its recording. @throws DataError naming the line and column. */
export function parseRow(row: LabelRow): Sample {
  const videoId = requiredCell(row, 'video_id');
  const clipId = requiredCell(row, 'clip_id');
  const sentiment = optionalNumber(row, 'label', -3, 3);
  const emotions = parseEmotions(row);
  const speaker = row.cells.get('speaker')?.trim();
  const origin = `label.csv, line ${row.line}`;
  return {
    id: `${videoId}/${clipId}`,
    videoId,
    clipId,
    split: parseSplit(row),
    ...(speaker && { speaker }),
    text: row.cells.get('text') ?? '',
    ...(sentiment !== undefined && { sentiment }),
    ...(emotions && { emotions }),
    origin: {
      file: 'label.csv',
      line: row.line,
      ...(sentiment !== undefined && { sentiment: origin }),
      ...(emotions && { emotions: origin }),
    },
  };
}

function parseSplit(row: LabelRow): Split {
  const mode = requiredCell(row, 'mode');
  const split = SPLITS.find((name) => name === mode);
  if (!split)
    throw new DataError(`${row.place}, column mode: expected train, valid or test, found ${quoted(mode)}`, {
      kind: 'bad-row',
    });
  return split;
}

/** MOSEI's intensities 0 to 3, and plain 0 or 1: above 0 is present. */
function parseEmotions(row: LabelRow): number[] | undefined {
  if (!row.cells.has(EMOTIONS[0])) return undefined;
  const values = EMOTIONS.map((name) => optionalNumber(row, name, 0, 3));
  const empty = values.indexOf(undefined);
  if (empty < 0) return values.map((value) => (value! > 0 ? 1 : 0));
  if (values.every((value) => value === undefined)) return undefined;
  throw new DataError(`${row.place}, column ${EMOTIONS[empty]}: empty; expected all six emotions or none in a row`, {
    kind: 'bad-row',
  });
}

function requiredCell(row: LabelRow, column: string): string {
  const value = row.cells.get(column)?.trim();
  if (!value) throw new DataError(`${row.place}, column ${column}: empty; every row needs one`, { kind: 'bad-row' });
  return value;
}

function optionalNumber(row: LabelRow, column: string, min: number, max: number): number | undefined {
  const text = row.cells.get(column)?.trim() ?? '';
  if (text === '') return undefined;
  const value = numberWithin(text, min, max);
  if (value !== undefined) return value;
  const comma = /^[+-]?\d+,\d+$/.test(text) ? ', with a decimal comma: write a point' : '';
  throw new DataError(
    `${row.place}, column ${column}: expected a number from ${min} to ${max} or nothing, found ${quoted(text)}${comma}${column === 'label' ? row.scale : ''}`,
    { kind: 'label-range' },
  );
}

/** What a column of labels looks like if more than a few lie beyond -3 .. 3. */
export function scaleOf(labels: readonly string[]): string {
  const numbers = labels.map(numberOf).filter((value) => !Number.isNaN(value));
  if (numbers.filter((value) => Math.abs(value) > 3).length <= 3) return '';
  const [low, high] = numbers.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [0, 0]);
  return `; the labels reach from ${low} to ${high}: another scale`;
}
