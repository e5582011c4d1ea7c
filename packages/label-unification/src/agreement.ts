import { EMOTIONS, type Emotion, type Polarity } from '@mmolre/datasets';
import type { SourceSample, UnifiedLabel } from './types';

/** How well emotions were found. */
export type Agreement = {
  /** Of the targets that have an emotion, the share that it was found for; undefined for an emotion that none has. */
  recall: Record<Emotion, number | undefined>;
  /** Mean of the defined ones. */
  meanRecall: number;
  /** Share of the targets whose whole set of emotions was found. */
  equalSets: number;
};

export type AgreementReport = {
  polarity: Polarity;
  targets: number;
  sources: number;
  /** Unified labels. */
  search: Agreement;
  /** Always the emotion that most sources of the polarity have (or none). */
  mostFrequent: Agreement;
  /** A source of the polarity drawn at random: what to expect, computed and not drawn. */
  random: Agreement;
};

/**
 * Compares unified labels with the ones that the targets have in truth, beside two ways that read no text.
 *
 * @param truth The targets' own emotions, by id.
 */
export function agreement(
  labels: readonly UnifiedLabel[],
  truth: ReadonlyMap<string, readonly Emotion[]>,
  sources: readonly SourceSample[],
  polarity: Polarity,
): AgreementReport {
  const found = labels.filter(({ target }) => target.polarity === polarity);
  const donors = sources.filter((source) => source.polarity === polarity);
  const wanted = found.map(({ target }) => truth.get(target.id)!);
  const shareOf = (test: (emotions: readonly Emotion[]) => boolean) =>
    donors.filter(({ emotions }) => test(emotions)).length / donors.length;
  const shares = EMOTIONS.map((emotion) => ({ emotion, share: shareOf((set) => set.includes(emotion)) }));
  const frequent = shares.reduce((most, one) => (one.share > most.share ? one : most));
  const always = shareOf((set) => set.length === 0) > frequent.share ? [] : [frequent.emotion];
  const setShares = new Map<string, number>();
  for (const { emotions } of donors) setShares.set(keyOf(emotions), (setShares.get(keyOf(emotions)) ?? 0) + 1);
  return {
    polarity,
    targets: found.length,
    sources: donors.length,
    search: compare(
      wanted,
      (i, emotion) => Number(found[i]!.emotions?.includes(emotion) ?? false),
      (i) => Number(found[i]!.emotions !== undefined && keyOf(found[i]!.emotions!) === keyOf(wanted[i]!)),
    ),
    mostFrequent: compare(
      wanted,
      (_, emotion) => Number(always.includes(emotion)),
      (i) => Number(keyOf(always) === keyOf(wanted[i]!)),
    ),
    random: compare(
      wanted,
      (_, emotion) => shares[EMOTIONS.indexOf(emotion)]!.share,
      (i) => (setShares.get(keyOf(wanted[i]!)) ?? 0) / donors.length,
    ),
  };
}

function compare(
  wanted: readonly (readonly Emotion[])[],
  /** How probably target i got an emotion. */
  probability: (i: number, emotion: Emotion) => number,
  equal: (i: number) => number,
): Agreement {
  const recall = Object.fromEntries(
    EMOTIONS.map((emotion) => {
      const having = wanted.flatMap((set, i) => (set.includes(emotion) ? [i] : []));
      return [emotion, having.length > 0 ? mean(having.map((i) => probability(i, emotion))) : undefined];
    }),
  ) as Agreement['recall'];
  return {
    recall,
    meanRecall: mean(Object.values(recall).filter((value) => value !== undefined)),
    equalSets: mean(wanted.map((_, i) => equal(i))),
  };
}

const keyOf = (set: readonly Emotion[]) => EMOTIONS.filter((emotion) => set.includes(emotion)).join('+');
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
