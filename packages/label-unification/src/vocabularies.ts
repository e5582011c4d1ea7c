import type { Emotion } from './emotion';
import type { Polarity } from './polarity';

/**
 * A source's own words and which of the six emotions each stands for; none for neutral. `null`: the word says neither one of the six nor that
 * there is none, so a sample with it is no donor.
 */
export type EmotionVocabulary = Readonly<Record<string, readonly Emotion[] | null>>;

/**
 * The columns of MOSEI's labels; an emotion is present if its degree, 0 .. 3, is above 0. A sample without any is a donor of none: its raters
 * were asked for all six.
 */
export const MOSEI_VOCABULARY: EmotionVocabulary = {
  happy: ['happiness'],
  sad: ['sadness'],
  anger: ['anger'],
  surprise: ['surprise'],
  disgust: ['disgust'],
  fear: ['fear'],
};

/** The column Emotion of MELD's CSV files. Its neutral is always of neutral polarity, and a donor of none. */
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
 * IEMOCAP's codes. Excitement counts as happiness, as in most work with IEMOCAP, and both are positive. Frustration is none of the six and
 * too frequent to be taken for anger (1,849 utterances beside 1,103), so it is no donor; nor are other (oth) and no agreement (xxx).
 */
export const IEMOCAP_VOCABULARY: EmotionVocabulary = {
  hap: ['happiness'],
  exc: ['happiness'],
  sad: ['sadness'],
  ang: ['anger'],
  sur: ['surprise'],
  dis: ['disgust'],
  fea: ['fear'],
  neu: [],
  fru: null,
  oth: null,
  xxx: null,
};

/**
 * GoEmotions' 28 words by the authors' groups: Ekman's six (joy is happiness) and none for neutral. A comment may have several words; where
 * neutral is one of them, the others count.
 */
export const GOEMOTIONS_VOCABULARY: EmotionVocabulary = {
  ...words(
    'happiness',
    'admiration amusement approval caring desire excitement gratitude joy love optimism pride relief',
  ),
  ...words('sadness', 'disappointment embarrassment grief remorse sadness'),
  ...words('anger', 'anger annoyance disapproval'),
  ...words('surprise', 'confusion curiosity realization surprise'),
  ...words('disgust', 'disgust'),
  ...words('fear', 'fear nervousness'),
  neutral: [],
};

/**
 * The polarity of GoEmotions' words by the authors' groups. The ambiguous ones, all of surprise, have none (null), and a comment has one if all
 * its words have that one; without, it is no donor.
 */
export const GOEMOTIONS_POLARITY: Readonly<Record<string, Polarity | null>> = Object.fromEntries(
  Object.entries(GOEMOTIONS_VOCABULARY).map(([word, emotions]) => {
    const [emotion] = emotions!;
    if (emotion === undefined) return [word, 'neutral'];
    if (emotion === 'surprise') return [word, null];
    return [word, emotion === 'happiness' ? 'positive' : 'negative'];
  }),
);

/** The tables by the layout that `@mmolre/datasets` finds; layouts that are not here have the six emotions as columns already. */
export const VOCABULARIES: Readonly<Record<string, EmotionVocabulary>> = {
  meld: MELD_VOCABULARY,
  iemocap: IEMOCAP_VOCABULARY,
  goemotions: GOEMOTIONS_VOCABULARY,
};

/**
 * The emotions that a source's word stands for.
 *
 * @returns undefined where the word makes its sample no donor.
 * @throws If the vocabulary does not have the word; the error lists those it has.
 */
export function emotionsIn(vocabulary: EmotionVocabulary, word: string): readonly Emotion[] | undefined {
  if (Object.hasOwn(vocabulary, word)) return vocabulary[word] ?? undefined;
  throw new Error(`emotionsIn: expected one of ${Object.keys(vocabulary).join(', ')}, found "${word}"`);
}

function words(emotion: Emotion, list: string): Record<string, readonly Emotion[]> {
  return Object.fromEntries(list.split(' ').map((word) => [word, [emotion]]));
}
