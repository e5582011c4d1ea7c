import { calibration } from '../calibration';
import { confusionMatrix } from '../confusion-matrix';
import { category } from '../emotion-metrics';
import { sentimentClass } from '../sentiment-metrics';
import type { CheckFacts, TaskFacts } from './check';
import { shown, type Verdict } from './judge-claims';
import type { EmotionPredictions, Predictions } from './predictions';

/** A titled table; cells are texts, whatever they look like. */
export type Section = {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  notes: readonly string[];
};

const BINS = 10;
const SEVEN = [-3, -2, -1, 0, 1, 2, 3];

/** What was found, claims first, as tables for a terminal or a page. */
export function checkReport({ predictions, thresholds, sentiment, emotions, verdicts }: CheckFacts): Section[] {
  return [
    ...(verdicts.length > 0 ? [claimsSection(verdicts)] : []),
    ...(sentiment ? [taskSection('Sentiment', sentiment, predictions!.rows, [])] : []),
    ...(emotions
      ? [taskSection('Emotions', emotions, predictions!.rows, thresholdNotes(predictions!.emotions!, thresholds))]
      : []),
    ...(sentiment || emotions ? [countsSection({ ...sentiment?.counts, ...emotions?.counts })] : []),
    ...(predictions?.sentiment ? [sevenSection(predictions.sentiment)] : []),
    ...(predictions?.emotions ? [calibrationSection(predictions.emotions)] : []),
  ];
}

const claimsSection = (verdicts: readonly Verdict[]): Section => ({
  title: 'Claims',
  head: ['system', 'metric', 'published', 'verdict', 'because'],
  rows: verdicts.map(({ claim, kind, reason }) => [claim.system, claim.metric, claim.value.text, kind, reason]),
  notes: [],
});

function taskSection(title: string, facts: TaskFacts, rows: number, notes: readonly string[]): Section {
  const { figures, intervals, allNegative, median, count } = facts;
  const leftOut = rows - count;
  return {
    title: `${title}, ${count} samples`,
    head: ['metric', 'value', '95 % interval', 'all-negative', ...(median ? ['always the median'] : [])],
    rows: Object.entries(figures).map(([name, value]) => {
      const interval = intervals[name];
      return [
        name,
        shown(value),
        interval ? `${shown(interval.low)} .. ${shown(interval.high)}` : 'undefined',
        name in allNegative ? shown(allNegative[name]) : '',
        ...(median ? [shown(median[name])] : []),
      ];
    }),
    notes: [...notes, ...(leftOut > 0 ? [`${leftOut} of ${rows} rows lack a label or a score and are left out`] : [])],
  };
}

/** The thresholds, and whether the file's own categories follow from them. */
function thresholdNotes({ names, probabilities, categories }: EmotionPredictions, thresholds: readonly number[]) {
  const said = `thresholds: ${names.map((name, c) => `${name} ${thresholds[c]}`).join(', ')}`;
  const others = probabilities.filter((row, i) => {
    const own = categories?.[i];
    return own !== undefined && own !== '' && own !== category(row, thresholds, names);
  }).length;
  if (others === 0) return [said];
  return [said, `the category of ${others} rows does not follow from these thresholds: the file was made with others`];
}

const countsSection = (counts: TaskFacts['counts']): Section => ({
  title: 'Confusion matrices',
  head: ['metric', 'true positive', 'false positive', 'false negative', 'true negative', 'prevalence'],
  rows: Object.entries(counts).map(([name, { tp, fp, fn, tn }]) => {
    const n = tp + fp + fn + tn;
    return [name, ...[tp, fp, fn, tn].map(String), shown(n === 0 ? undefined : (tp + fn) / n)];
  }),
  notes: [],
});

function sevenSection({ scores, labels }: NonNullable<Predictions['sentiment']>): Section {
  const [predicted, truth] = [scores, labels].map((values) => values.map((value) => sentimentClass(value, 3)));
  return {
    title: 'Seven classes of sentiment',
    head: ['label', ...SEVEN.map((score) => `predicted ${score}`)],
    rows: confusionMatrix(predicted!, truth!, SEVEN).map((row, i) => [String(SEVEN[i]), ...row.map(String)]),
    notes: [],
  };
}

/** The bins that have samples. */
function calibrationSection({ names, probabilities, labels }: EmotionPredictions): Section {
  const found = names.map((name, c) => ({
    name,
    ...calibration(
      probabilities.map((row) => row[c]!),
      labels.map((row) => row[c]! > 0),
      BINS,
    ),
  }));
  return {
    title: 'Calibration',
    head: ['emotion', 'probability', 'samples', 'mean probability', 'share that has it'],
    rows: found.flatMap(({ name, bins }) =>
      bins
        .filter(({ count }) => count > 0)
        .map(({ low, high, count, said, was }) => [name, `${low} .. ${high}`, String(count), shown(said), shown(was)]),
    ),
    notes: [`expected calibration error: ${found.map(({ name, ece }) => `${name} ${shown(ece)}`).join(', ')}`],
  };
}
