import { median } from '../basics';
import type { BinaryCounts } from '../binary-scores';
import type { Claim } from './claims';
import { emotionTask, type Figures, sentimentTask, sumsOf, type Task } from './figures';
import { type Interval, intervals } from './intervals';
import { judgeClaims, type Measured, type Verdict } from './judge-claims';
import type { Predictions } from './predictions';
import { readThresholds } from './thresholds';

export type CheckOptions = {
  predictions?: Predictions | undefined;
  claims?: readonly Claim[] | undefined;
  /** Of the emotions, as {@link readThresholds} reads them; empty: 0.5. */ thresholds: string;
  /** Of how many samples claims are that do not say so. */ samples?: number | undefined;
};

/** All metrics of one task, beside two predictors that know nothing. */
export type TaskFacts = {
  count: number;
  figures: Figures;
  intervals: Record<string, Interval | undefined>;
  /** Of a predictor that says no, or that sentiment is negative. */ allNegative: Figures;
  /** Of a predictor that says the median of these labels; undefined of emotions. */ median: Figures | undefined;
  counts: Record<string, BinaryCounts>;
};

export type CheckFacts = {
  predictions: Predictions | undefined;
  thresholds: number[];
  sentiment: TaskFacts | undefined;
  emotions: TaskFacts | undefined;
  verdicts: Verdict[];
};

/** Computes every metric of predictions, and holds claims against them, or against themselves where there are no predictions. */
export function check({ predictions, claims = [], thresholds, samples }: CheckOptions): CheckFacts {
  const { sentiment, emotions } = predictions ?? {};
  const cuts = readThresholds(thresholds, emotions?.names ?? []);
  const ofSentiment = sentiment && sentimentFacts(sentiment);
  const ofEmotions =
    emotions &&
    factsOf(emotionTask(emotions, cuts), {
      allNegative: figuresOf(
        emotionTask({ ...emotions, probabilities: emotions.labels.map((row) => row.map(() => 0)) }, cuts),
      ),
      median: undefined,
    });
  const measured = predictions && measuredOf(ofSentiment, ofEmotions);
  return {
    predictions,
    thresholds: cuts,
    sentiment: ofSentiment,
    emotions: ofEmotions,
    verdicts: judgeClaims(claims, measured, samples),
  };
}

function sentimentFacts({ scores, labels }: NonNullable<Predictions['sentiment']>): TaskFacts {
  const always = (score: number) => figuresOf(sentimentTask({ scores: labels.map(() => score), labels }));
  const negative = Object.entries(always(-1)).filter(([name]) => /_(has0|non0)/.test(name));
  return factsOf(sentimentTask({ scores, labels }), {
    allNegative: Object.fromEntries(negative),
    median: always(median(labels) ?? 0),
  });
}

const figuresOf = (task: Task) => task.figures(sumsOf(task));

const factsOf = (task: Task, lines: Pick<TaskFacts, 'allNegative' | 'median'>): TaskFacts => ({
  count: task.count,
  figures: figuresOf(task),
  intervals: intervals(task),
  ...lines,
  counts: task.counts(sumsOf(task)),
});

function measuredOf(sentiment: TaskFacts | undefined, emotions: TaskFacts | undefined): Measured {
  const counted = Object.entries({ ...sentiment?.counts, ...emotions?.counts }).map(
    ([name, { tp, fp, fn, tn }]) => [name, { n: tp + fp + fn + tn, positives: tp + fn }] as const,
  );
  return {
    figures: { ...sentiment?.figures, ...emotions?.figures },
    samples: {
      ...(sentiment && { acc7: { n: sentiment.count }, acc5: { n: sentiment.count } }),
      ...Object.fromEntries(counted),
    },
  };
}
