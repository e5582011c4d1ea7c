// What a data set is made of. Nothing of Node here: a model in a browser reads the same words.

/** The six emotions, in the order of every emotion vector. A sample has any number of them; none of them is neutral. */
export const EMOTIONS = ['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear'] as const;
export type Emotion = (typeof EMOTIONS)[number];
/** The length of an emotion vector. */
export const NUM_EMOTIONS = EMOTIONS.length;

/** 1 for each emotion named, else 0, in the order of {@link EMOTIONS}. */
export const emotionVector = (...present: Emotion[]): number[] =>
  EMOTIONS.map((name) => (present.includes(name) ? 1 : 0));

export const SPLITS = ['train', 'valid', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export const POLARITIES = ['negative', 'neutral', 'positive'] as const;
export type Polarity = (typeof POLARITIES)[number];

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
  /** Who speaks, as the corpus names them; left out if it does not say. */
  speaker?: string;
  text: string;
  /** Absolute path of its recording; left out if it has none. */
  recording?: string;
  /** Absolute path of the video, or other file, that its recording is still inside of; `data prepare` takes it out. */
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

/**
 * The sign of a sample's sentiment, exactly 0 being neutral, or without one the polarity that its corpus gives; undefined if neither was rated.
 *
 * @throws If the sentiment is not a number.
 */
export function polarityOf({ sentiment, polarity }: Pick<Sample, 'sentiment' | 'polarity'>): Polarity | undefined {
  if (sentiment === undefined) return polarity;
  if (Number.isNaN(sentiment)) throw new Error('polarityOf: expected a sentiment score, found NaN');
  return sentiment > 0 ? 'positive' : sentiment < 0 ? 'negative' : 'neutral';
}
