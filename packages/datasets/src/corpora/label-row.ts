import { DataError, quoted } from '@mmolre/files';

/** The six emotions, in the order of every emotion vector. */
export const EMOTIONS = ['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear'] as const;
export type Emotion = (typeof EMOTIONS)[number];

/** 1 for each emotion named, else 0, in the order of {@link EMOTIONS}. */
export const emotionVector = (...present: Emotion[]): number[] =>
  EMOTIONS.map((name) => (present.includes(name) ? 1 : 0));

export const SPLITS = ['train', 'valid', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export type Polarity = 'negative' | 'neutral' | 'positive';

/** Where a sample stands in its corpus, and where each of its labels came from. */
export type LabelOrigin = {
  /** Relative to the data set's folder. */
  file: string;
  /** Of the sample in that file, from 1. */
  line?: number;
  /** Such as `label.csv, line 7`, or `CMU_MOSEI_Labels.csd, video a1B2, row 3`. */
  sentiment?: string;
  emotions?: string;
};

/** One utterance. */
export type Sample = {
  /** `<videoId>/<clipId>`, unique in its data set. */
  id: string;
  videoId: string;
  clipId: string;
  split: Split;
  text: string;
  /** Absolute path of its recording; left out if it has none. */
  audio?: string;
  /** Absolute path of the video its recording is still inside of; `data prepare` extracts it. */
  video?: string;
  /** -3 (very negative) to +3 (very positive); left out if it was not rated. */
  sentiment?: number;
  /** For each of {@link EMOTIONS} 1 if present, else 0; left out if it was not labelled. */
  emotions?: number[];
  /** Where the corpus says only that much of the sentiment. */
  polarity?: Polarity;
  /** The corpus's own word for the emotion, such as `exc`; several are joined by commas. */
  category?: string;
  origin?: LabelOrigin;
};

/** The sign of a sample's sentiment, or the polarity that its corpus gives; undefined if neither was rated. */
export function polarityOf({ sentiment, polarity }: Pick<Sample, 'sentiment' | 'polarity'>): Polarity | undefined {
  if (polarity || sentiment === undefined) return polarity;
  return sentiment > 0 ? 'positive' : sentiment < 0 ? 'negative' : 'neutral';
}

/** One line of label.csv: its cells by column, and where it stands. */
export type LabelRow = {
  /** Such as `data/label.csv, line 7`. */
  place: string;
  line: number;
  cells: Map<string, string>;
};

const REQUIRED = ['video_id', 'clip_id', 'text', 'label', 'mode'];

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

/** A sample without its audio. @throws DataError naming the line and column. */
export function parseRow(row: LabelRow): Sample {
  const videoId = requiredCell(row, 'video_id');
  const clipId = requiredCell(row, 'clip_id');
  const sentiment = optionalNumber(row, 'label', -3, 3);
  const emotions = parseEmotions(row);
  const origin = `label.csv, line ${row.line}`;
  return {
    id: `${videoId}/${clipId}`,
    videoId,
    clipId,
    split: parseSplit(row),
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
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new DataError(
    `${row.place}, column ${column}: expected a number from ${min} to ${max} or nothing, found ${quoted(text)}`,
    { kind: 'label-range' },
  );
}
