import { EMOTIONS, polarityOf, type Sample, SPLITS } from '../sample';
import type { Counts } from './published';

/** More of a corpus's own words are not counted: they are free text then. */
const MAX_CATEGORIES = 40;

/** How many samples there are, by split and together, of each kind; kinds in the order in which they are shown. */
export function countSamples(samples: readonly Sample[]): Map<string, Required<Counts>> {
  const counts = new Map<string, Required<Counts>>();
  const categories = new Set(samples.flatMap(({ category }) => category?.split(',') ?? []));
  const kinds = ['samples', 'audio', 'video'];
  if (samples.some(({ sentiment, polarity }) => sentiment !== undefined || polarity)) {
    kinds.push('sentiment negative', 'sentiment neutral', 'sentiment positive', 'no sentiment');
  }
  if (samples.some(({ emotions }) => emotions))
    kinds.push(...EMOTIONS.map((name) => `emotion ${name}`), 'emotion none', 'no emotions');
  if (categories.size <= MAX_CATEGORIES) kinds.push(...[...categories].sort().map((name) => `category ${name}`));
  for (const kind of kinds) counts.set(kind, { train: 0, valid: 0, test: 0, all: 0 });
  for (const sample of samples) {
    for (const kind of kindsOf(sample)) {
      const count = counts.get(kind);
      if (!count) continue;
      count[sample.split] += 1;
      count.all += 1;
    }
  }
  return counts;
}

function kindsOf(sample: Sample): string[] {
  const { recording, video, emotions, category } = sample;
  const own = polarityOf(sample);
  const present = EMOTIONS.filter((_, i) => emotions?.[i]);
  return [
    'samples',
    ...(recording ? ['audio'] : []),
    ...(video ? ['video'] : []),
    own ? `sentiment ${own}` : 'no sentiment',
    ...(emotions
      ? present.length > 0
        ? present.map((name) => `emotion ${name}`)
        : ['emotion none']
      : ['no emotions']),
    ...(category?.split(',').map((name) => `category ${name}`) ?? []),
  ];
}

/** The splits that have samples. */
export const splitsOf = (samples: readonly Sample[]) =>
  SPLITS.filter((split) => samples.some((sample) => sample.split === split));
