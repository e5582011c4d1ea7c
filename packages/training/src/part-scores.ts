import { EMOTIONS } from '@mmolre/datasets';
import { category, categoryRecall, mean } from '@mmolre/metrics';
import { type Evaluation, type Example, evaluate, type Prediction } from '@mmolre/model';
import type { PartFacts, PartScores } from '@mmolre/report';
import { clusterIntervals, type Scored } from './cluster-intervals';
import { type Part, type PredictedSplit, partsOf } from './parts';

/** The metrics of a run's best model on a split, and by parts of it. */
export type TestScores = Evaluation & { /** Not in runs of before there were any. */ parts?: PartScores[] };

/** Of fewer recordings nothing is said. */
const FEW = 30;

/** Every part of a split, with its figures and what they rest on. */
export function partFacts(split: PredictedSplit): PartFacts[] {
  return partsOf(split).map((part) => {
    const scored = part.of.map((i, k) => scoredOf(split, i, part.predictions[k]!));
    const recordings = new Set(scored.map(({ cluster }) => cluster)).size;
    const change = part.name.startsWith('without ') ? { change: changeOf(split, part) } : {};
    return {
      ...partScores(split, part),
      ...{ recordings, few: recordings < FEW, intervals: clusterIntervals(scored) },
      ...change,
    };
  });
}

type Scoring = Pick<PredictedSplit, 'tasks' | 'thresholds'> & { examples: readonly Example[] };

/** The figures of a part. */
export function partScores({ examples, tasks, thresholds }: Scoring, { by, name, of, predictions }: Part): PartScores {
  const { sentiment, emotion } = evaluate(
    of.map((i) => examples[i]!),
    predictions,
    thresholds,
  );
  return {
    ...{ by, name, samples: of.length },
    sentiment: tasks.includes('sentiment')
      ? { count: sentiment?.count ?? 0, corr: sentiment?.corr, mae: sentiment?.mae }
      : undefined,
    emotion: emotion && {
      count: emotion.count,
      recall: emotion.categoryRecall.mean,
      categories: Object.values(emotion.categoryRecall.perCategory).filter((recall) => recall !== undefined).length,
      accuracy: emotion.mean.accuracy,
      weightedF1: emotion.mean.weightedF1,
    },
  };
}

function scoredOf({ examples, thresholds }: PredictedSplit, i: number, prediction: Prediction): Scored {
  const { recording, sentiment: label, emotions } = examples[i]!;
  const score = prediction.sentiment;
  const recalls =
    thresholds && emotions && categoryRecall([prediction.emotions!], [emotions], thresholds, EMOTIONS).perCategory;
  const found = Object.entries(recalls ?? {}).find(([, recall]) => recall !== undefined);
  return {
    cluster: recording ?? `${i}`,
    sentiment: label === undefined || score === undefined ? undefined : { score, label },
    emotion: found && { category: found[0], hit: found[1] === 1 },
  };
}

/** What the part's predictions are beside those of the same examples as they are. */
function changeOf({ passes, thresholds }: PredictedSplit, { of, predictions }: Part): PartFacts['change'] {
  const pairs = predictions.map((prediction, k) => [prediction, passes.whole[of[k]!]!] as const);
  const categories = pairs.map((pair) =>
    pair.map(({ emotions }) => thresholds && category(emotions!, thresholds, EMOTIONS)),
  );
  return {
    sentiment: mean(
      pairs.map(([a, b]) => (a.sentiment === undefined ? undefined : Math.abs(a.sentiment - b.sentiment!))),
    ),
    category: thresholds && mean(categories.map(([a, b]) => (a === b ? 0 : 1))),
  };
}
