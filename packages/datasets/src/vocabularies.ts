import { EMOTIONS, type Emotion, type Polarity } from './sample';

// What each corpus's own words say of emotions and polarity. Everything that reads a corpus or takes labels from it looks here.

/**
 * A corpus's own words and which of the six emotions each stands for; none for neutral. `null`: the word says neither one of the six nor that
 * there is none, so a sample with it counts as not labelled.
 */
export type EmotionVocabulary = Readonly<Record<string, readonly Emotion[] | null>>;

/** A corpus's own words and the polarity of each. `null`: the word has none. */
export type PolarityVocabulary = Readonly<Record<string, Polarity | null>>;

/**
 * The columns of MOSEI's labels, in the order of {@link EMOTIONS}; an emotion is present if its degree, 0 .. 3, is above 0. A sample without any
 * has none of the six: its raters were asked for all of them.
 */
export const MOSEI_VOCABULARY: EmotionVocabulary = {
  happy: ['happiness'],
  sad: ['sadness'],
  anger: ['anger'],
  surprise: ['surprise'],
  disgust: ['disgust'],
  fear: ['fear'],
};

/** The column Emotion of MELD's CSV files. Its polarity stands in a column of its own. */
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
 * IEMOCAP's codes. Excitement (exc) counts as happiness, as in most work with IEMOCAP, and both are positive. Frustration (fru) is none of the
 * six, but does not say that there is none, and is too frequent to be taken for anger (1,849 utterances beside 1,103): a sample with it counts as
 * not labelled. So do other (oth) and no agreement of the raters (xxx).
 */
export const IEMOCAP_VOCABULARY: EmotionVocabulary = {
  neu: [],
  hap: ['happiness'],
  sad: ['sadness'],
  ang: ['anger'],
  sur: ['surprise'],
  fea: ['fear'],
  dis: ['disgust'],
  exc: ['happiness'],
  fru: null,
  oth: null,
  xxx: null,
};

/** The polarity of IEMOCAP's codes. A surprise may be either, and what the raters did not agree on, or called other, has none. */
export const IEMOCAP_POLARITY: PolarityVocabulary = {
  neu: 'neutral',
  hap: 'positive',
  sad: 'negative',
  ang: 'negative',
  sur: null,
  fea: 'negative',
  dis: 'negative',
  exc: 'positive',
  fru: 'negative',
  oth: null,
  xxx: null,
};

/**
 * GoEmotions' 28 words in the order of their numbers, by the authors' groups: Ekman's six (joy is happiness) and none for neutral. A comment may
 * have several words; where neutral is one of them, the others count. Order and groups are the authors' own, published under CC BY 4.0.
 */
export const GOEMOTIONS_VOCABULARY: Readonly<Record<string, readonly Emotion[]>> = {
  admiration: ['happiness'],
  amusement: ['happiness'],
  anger: ['anger'],
  annoyance: ['anger'],
  approval: ['happiness'],
  caring: ['happiness'],
  confusion: ['surprise'],
  curiosity: ['surprise'],
  desire: ['happiness'],
  disappointment: ['sadness'],
  disapproval: ['anger'],
  disgust: ['disgust'],
  embarrassment: ['sadness'],
  excitement: ['happiness'],
  fear: ['fear'],
  gratitude: ['happiness'],
  grief: ['sadness'],
  joy: ['happiness'],
  love: ['happiness'],
  nervousness: ['fear'],
  optimism: ['happiness'],
  pride: ['happiness'],
  realization: ['surprise'],
  relief: ['happiness'],
  remorse: ['sadness'],
  sadness: ['sadness'],
  surprise: ['surprise'],
  neutral: [],
};

/**
 * The polarity of GoEmotions' words by the authors' groups. The ambiguous ones, all of surprise, have none, and a comment has one if all its words
 * have that one.
 */
export const GOEMOTIONS_POLARITY: PolarityVocabulary = Object.fromEntries(
  Object.entries(GOEMOTIONS_VOCABULARY).map(([word, [emotion]]) => {
    if (emotion === undefined) return [word, 'neutral'];
    if (emotion === 'surprise') return [word, null];
    return [word, emotion === 'happiness' ? 'positive' : 'negative'];
  }),
);

/** EmoDB's words; boredom and neutral are none of the six. */
export const EMODB_VOCABULARY: EmotionVocabulary = {
  anger: ['anger'],
  boredom: [],
  disgust: ['disgust'],
  fear: ['fear'],
  happiness: ['happiness'],
  sadness: ['sadness'],
  neutral: [],
};

/** CREMA-D's categories; there is none for surprise. */
export const CREMA_D_VOCABULARY: EmotionVocabulary = {
  ANG: ['anger'],
  DIS: ['disgust'],
  FEA: ['fear'],
  HAP: ['happiness'],
  NEU: [],
  SAD: ['sadness'],
};

/** The polarity of CREMA-D's categories. */
export const CREMA_D_POLARITY: PolarityVocabulary = {
  ANG: 'negative',
  DIS: 'negative',
  FEA: 'negative',
  HAP: 'positive',
  NEU: 'neutral',
  SAD: 'negative',
};

/** The tables of what stands in a sample's `category`, by the layout it was read from; other layouts have the six emotions as columns. */
export const VOCABULARIES: Readonly<Record<string, EmotionVocabulary>> = {
  meld: MELD_VOCABULARY,
  iemocap: IEMOCAP_VOCABULARY,
  goemotions: GOEMOTIONS_VOCABULARY,
  emodb: EMODB_VOCABULARY,
  'crema-d': CREMA_D_VOCABULARY,
};

/**
 * The emotions that a sample's words stand for, in the order of {@link EMOTIONS}.
 *
 * @returns undefined if one of the words leaves its sample without a label.
 * @throws If the vocabulary does not have a word; the error lists those it has.
 */
export function emotionsIn(vocabulary: EmotionVocabulary, ...words: string[]): Emotion[] | undefined {
  const found = words.map((word) => lookUp('emotionsIn', vocabulary, word));
  if (found.includes(null)) return undefined;
  return EMOTIONS.filter((emotion) => found.some((emotions) => emotions!.includes(emotion)));
}

/**
 * The polarity that all of a sample's words have.
 *
 * @returns undefined if they differ, or one has none.
 * @throws If the vocabulary does not have a word; the error lists those it has.
 */
export function polarityIn(vocabulary: PolarityVocabulary, ...words: string[]): Polarity | undefined {
  const found = new Set(words.map((word) => lookUp('polarityIn', vocabulary, word)));
  return found.size === 1 ? ([...found][0] ?? undefined) : undefined;
}

function lookUp<T>(name: string, vocabulary: Readonly<Record<string, T>>, word: string): T {
  if (Object.hasOwn(vocabulary, word)) return vocabulary[word] as T;
  throw new Error(`${name}: expected one of ${Object.keys(vocabulary).join(', ')}, found "${word}"`);
}
