import type { Emotion } from './emotion';

/** A source's own words and which of the six emotions each stands for; no emotion for neutral. */
export type EmotionVocabulary = Readonly<Record<string, readonly Emotion[]>>;

/** The columns of MOSEI's labels; an emotion is present if its degree, 0 .. 3, is above 0. */
export const MOSEI_VOCABULARY: EmotionVocabulary = {
  happy: ['happiness'],
  sad: ['sadness'],
  anger: ['anger'],
  surprise: ['surprise'],
  disgust: ['disgust'],
  fear: ['fear'],
};

/** The column Emotion of MELD's CSV files. */
export const MELD_VOCABULARY: EmotionVocabulary = {
  joy: ['happiness'],
  sadness: ['sadness'],
  anger: ['anger'],
  surprise: ['surprise'],
  disgust: ['disgust'],
  fear: ['fear'],
  neutral: [],
};

/**
 * IEMOCAP's codes that name one of the six emotions or none. What excitement (exc), frustration (fru), other (oth) and no agreement
 * (xxx) stand for is left open by the paper and not decided here: `emotionsIn` refuses them until a caller's own table adds them.
 */
export const IEMOCAP_VOCABULARY: EmotionVocabulary = {
  hap: ['happiness'],
  sad: ['sadness'],
  ang: ['anger'],
  sur: ['surprise'],
  dis: ['disgust'],
  fea: ['fear'],
  neu: [],
};

/**
 * The emotions that a source's word stands for.
 *
 * @throws If the vocabulary does not have the word; the error lists those it has.
 */
export function emotionsIn(vocabulary: EmotionVocabulary, word: string): readonly Emotion[] {
  if (Object.hasOwn(vocabulary, word)) return vocabulary[word]!;
  throw new Error(`emotionsIn: expected one of ${Object.keys(vocabulary).join(', ')}, found "${word}"`);
}
