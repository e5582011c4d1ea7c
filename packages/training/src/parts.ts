import { EMOTIONS, polarityOf, type Sample } from '@mmolre/datasets';
import { SAMPLE_RATE } from '@mmolre/encoders';
import { category } from '@mmolre/metrics';
import type { Example, Prediction, Task } from '@mmolre/model';
import type { PartKind } from '@mmolre/report';
import type { Passes } from './part-passes';

/** A split with what is predicted of it. */
export type PredictedSplit = {
  /** A recording by its path. */ examples: readonly (Example & Pick<Sample, 'recording' | 'speaker'>)[];
  passes: Passes;
  tasks: readonly Task[];
  /** One an emotion; undefined where emotions are not predicted. */ thresholds: readonly number[] | undefined;
};

/** Some examples of a split, by their positions in it, and what is predicted of each. */
export type Part = { by: PartKind; name: string; of: readonly number[]; predictions: readonly Prediction[] };

/** All parts: the whole split, those by modality, and those by speaker and by length where there are several. */
export function partsOf(split: PredictedSplit): Part[] {
  const { examples, passes } = split;
  const part = (by: PartKind, name: string, of: readonly number[]) => seen(passes, by, name, of);
  const kind = (by: PartKind, groups: Groups) => [...groups].map(([name, of]) => part(by, name, of));
  const seconds = examples.map(({ audio }) => audio && audio.length / SAMPLE_RATE);
  const characters = examples.map(({ text = '' }) => text.trim().length || undefined);
  return [
    part('all', 'all samples', [...examples.keys()]),
    ...modalityParts(split),
    ...kind('speaker', speakerGroups(examples)),
    ...kind('recording', lengthGroups(seconds, { step: 0.01, unit: 's' })),
    ...kind('text', lengthGroups(characters, { step: 1, unit: 'characters' })),
  ];
}

/**
 * What only shows with a modality blanked: all examples that have both, without the one, without the other; and for each task those of
 * them on which the text alone and the voice alone are predicted to be of another sign (0 is one of its own) or of another category,
 * and the rest. None without examples that have both.
 */
export function modalityParts({ passes, tasks, thresholds }: Omit<PredictedSplit, 'examples'>): Part[] {
  const { whole, both, without } = passes;
  if (both.length === 0) return [];
  const disagreement = (by: PartKind, answer: (prediction: Prediction) => string | undefined) => {
    const disagree = both.map((_, k) => answer(without.audio[k]!) !== answer(without.text[k]!));
    const where = (value: boolean) => both.filter((_, k) => disagree[k] === value);
    return [seen(passes, by, 'disagree', where(true)), seen(passes, by, 'agree', where(false))];
  };
  return [
    ...(both.length < whole.length ? [seen(passes, 'modalities', 'with text and audio', both)] : []),
    { by: 'modalities', name: 'without audio', of: both, predictions: without.audio },
    { by: 'modalities', name: 'without text', of: both, predictions: without.text },
    ...(tasks.includes('sentiment') ? disagreement('sentiment', polarityOf) : []),
    ...(thresholds ? disagreement('emotion', ({ emotions }) => category(emotions!, thresholds, EMOTIONS)) : []),
  ];
}

const seen = ({ whole }: Passes, by: PartKind, name: string, of: readonly number[]): Part => ({
  ...{ by, name, of },
  predictions: of.map((i) => whole[i]!),
});

/** Positions by group; none where all are of one group, which would say nothing. */
type Groups = Map<string, number[]>;

/** By speaker, in the order of their names; `unknown` where the data does not say who speaks. */
export function speakerGroups(samples: readonly Pick<Sample, 'speaker'>[]): Groups {
  const names = samples.map(({ speaker }) => speaker ?? 'unknown');
  return grouped(names, [...names].sort());
}

/**
 * By length, in thirds: of equal lengths all are in one, that of the middle of them, so that thirds need not be of equal size.
 *
 * @param lengths In the unit, rounded to `step`s of it; undefined of a sample that has none, which is `missing`.
 */
export function lengthGroups(
  lengths: readonly (number | undefined)[],
  { step, unit }: { step: number; unit: string },
): Groups {
  const steps = lengths.map((length) => (length === undefined ? undefined : Math.round(length / step)));
  const sorted = steps.filter((length) => length !== undefined).sort((a, b) => a - b);
  const third = (length: number) =>
    Math.floor((3 * (sorted.indexOf(length) + sorted.lastIndexOf(length) + 1)) / (2 * sorted.length));
  const shown = (count: number) => (count * step).toFixed(step < 1 ? 2 : 0);
  const names = [0, 1, 2].map((at) => {
    const [first, last] = [
      sorted.find((length) => third(length) === at),
      sorted.findLast((length) => third(length) === at),
    ];
    if (first === undefined || last === undefined) return '';
    return `of ${shown(first)}${first === last ? '' : ` to ${shown(last)}`} ${unit}`;
  });
  return grouped(
    steps.map((length) => (length === undefined ? MISSING : names[third(length)]!)),
    [...names, MISSING],
  );
}

const MISSING = 'missing';

/** Positions by name, in the names' order. */
function grouped(of: readonly string[], names: readonly string[]): Groups {
  const groups: Groups = new Map(names.map((name) => [name, []]));
  of.forEach((name, i) => {
    groups.get(name)!.push(i);
  });
  const found = new Map([...groups].filter(([, positions]) => positions.length > 0));
  return found.size > 1 ? found : new Map();
}
