import {
  type Corpus,
  EMOTIONS,
  type Emotion,
  type EmotionVocabulary,
  emotionsIn,
  polarityOf,
  type Sample,
  VOCABULARIES,
} from '@mmolre/datasets';
import type { SourceSample, TargetSample } from './types';

export type Donors = {
  sources: SourceSample[];
  /** Samples that are none: no polarity, no emotion labels, or a word that the table gives none. */
  leftOut: number;
};

export type DonorOptions = {
  /** What the set is called in ids and reports, such as `meld`. */
  name: string;
  /** Only samples of these splits; all by default. */
  splits?: readonly string[];
  /** The set's table; by default that of its layout, and without one its columns of the six emotions. */
  vocabulary?: EmotionVocabulary | undefined;
};

/** The samples of a data set that can give emotions to others. Their ids begin with the set's name: `meld:train_dia0/utt3`. */
export function donorsOf(
  { layout, samples }: Pick<Corpus, 'layout' | 'samples'>,
  { name, splits, vocabulary = VOCABULARIES[layout] }: DonorOptions,
): Donors {
  const asked = samples.filter(({ split }) => !splits || splits.includes(split));
  const sources = asked.flatMap((sample): SourceSample[] => {
    const polarity = polarityOf(sample);
    const emotions = vocabulary ? byWords(sample, vocabulary) : byColumns(sample);
    if (!polarity || !emotions) return [];
    const { id, split, text } = sample;
    return [{ id: `${name}:${id}`, source: name, split, text, polarity, emotions }];
  });
  return { sources, leftOut: asked.length - sources.length };
}

/** The samples of some splits that emotions are wanted for, and how many of them have no sentiment and so get none. */
export function targetsOf(
  samples: readonly Sample[],
  splits: readonly string[],
): { targets: TargetSample[]; leftOut: number } {
  const asked = samples.filter(({ split }) => splits.includes(split));
  const targets = asked.flatMap((sample) => {
    const polarity = polarityOf(sample);
    return polarity ? [{ id: sample.id, split: sample.split, text: sample.text, polarity }] : [];
  });
  return { targets, leftOut: asked.length - targets.length };
}

function byColumns({ emotions }: Sample): Emotion[] | undefined {
  return emotions && EMOTIONS.filter((_, i) => emotions[i]! > 0);
}

function byWords({ category }: Sample, vocabulary: EmotionVocabulary): Emotion[] | undefined {
  return category ? emotionsIn(vocabulary, ...category.split(',')) : undefined;
}
