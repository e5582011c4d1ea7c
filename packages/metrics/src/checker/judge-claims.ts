import type { Metric } from '../basics';
import { isPrintedAs, type Printed } from '../printed';
import { accuracyReachable, oneAnswerF1, type PairSamples, weightedF1Reachable } from '../reachable';
import type { Claim } from './claims';
import { type Figures, f1Beside } from './figures';

/** What a published number turned out to be. */
export type Verdict = {
  claim: Claim;
  /**
   * `fits` what the predictions have · `other order`: weighted by the predictions · `other metric`: what they have of another · `unreachable` by
   * any predictions · `one answer`: that of a predictor that says the same of every sample · `differs` from what they have · `open`: there is
   * nothing to hold it against.
   */
  kind: 'fits' | 'other order' | 'other metric' | 'unreachable' | 'one answer' | 'differs' | 'open';
  /** What it is, in a few words. */ reason: string;
};

/** What predictions have, that claims are held against. */
export type Measured = {
  figures: Figures;
  /** Of each accuracy: of how many samples it is, and of two classes how many are positive. */
  samples: Record<string, { n: number; positives?: number }>;
};

/** An accuracy of two classes and the weighted F1 beside it. */
type Pair = { accuracy: Claim; f1: Claim };
type Finding = Omit<Verdict, 'claim'>;
/** Finds the claim that the same system makes of another metric. */
type Others = (metric: string) => Claim | undefined;

/**
 * Finds out what published numbers are.
 *
 * @param samples Of how many samples a claim is that does not say so itself, unless zeros are left out; undefined if that is not known.
 */
export function judgeClaims(claims: readonly Claim[], measured?: Measured, samples?: number): Verdict[] {
  return claims.map((claim) => {
    const others: Others = (metric) =>
      claims.find(({ system, metric: name }) => system === claim.system && name === metric);
    const pair = pairOf(claim, others);
    const of = samplesOf(claim, measured, samples);
    const found =
      (measured && heldAgainst(claim, measured.figures, others)) ??
      (of && reached(claim, pair, of)) ??
      aboveAcc5(claim, others) ??
      (pair && oneAnswer(pair, of));
    return { claim, ...(found ?? leftOver(claim, measured, of)) };
  });
}

/** The accuracy of the pair that a metric is of: `acc2_has0` of `f1_has0`; of another metric than these, itself. */
const accuracyOf = (metric: string) => metric.replace(/^f1_(has0|non0)$/, 'acc2_$1').replace(/_f1$/, '_accuracy');

/** An average over emotions is of no number of samples, and what holds of each need not hold of it. */
const isMean = (metric: string) => metric.startsWith('mean_');

/** Undefined where a system claims only one of the two. */
function pairOf({ metric }: Claim, others: Others): Pair | undefined {
  const [accuracy, f1] = [accuracyOf(metric), f1Beside(accuracyOf(metric))].map(others);
  return accuracy && f1 && accuracy !== f1 && !isMean(metric) ? { accuracy, f1 } : undefined;
}

/** What the samples of a claim are known to be; undefined where their number is not. */
function samplesOf(claim: Claim, measured: Measured | undefined, samples: number | undefined): PairSamples | undefined {
  if (isMean(claim.metric)) return undefined;
  const known = measured?.samples[accuracyOf(claim.metric)];
  const n = known?.n ?? claim.samples ?? (claim.metric.includes('non0') ? undefined : samples);
  if (n === undefined) return undefined;
  if (known?.positives !== undefined) return { n, positives: { low: known.positives, high: known.positives } };
  const { low, high } = claim.prevalence ?? { low: 0, high: 1 };
  return { n, positives: { low: Math.ceil(low * n), high: Math.floor(high * n) } };
}

/** The metric of the predictions that a claim is printed of. */
function heldAgainst({ metric, value }: Claim, figures: Figures, claimOf: Others): Finding | undefined {
  const fits = (name: string, printed: Printed) => {
    const figure = figures[name];
    return figure !== undefined && isPrintedAs(figure, printed);
  };
  if (fits(metric, value)) return { kind: 'fits', reason: `computed ${shown(figures[metric])}` };
  const order = `${metric}_by_prediction`;
  if (fits(order, value)) {
    const right = `by truth it is ${shown(figures[metric])}`;
    return { kind: 'other order', reason: `computed ${shown(figures[order])} with weights by prediction; ${right}` };
  }
  const others = Object.keys(figures).filter((name) => fits(name, value));
  if (others.length === 0) return undefined;
  const swapped = others.find((name) => {
    const other = claimOf(name);
    return other && fits(metric, other.value);
  });
  const own = figures[metric] === undefined ? '' : `; ${metric} is ${shown(figures[metric])}`;
  if (swapped) return { kind: 'other metric', reason: `swapped with ${swapped}${own}` };
  return { kind: 'other metric', reason: `what ${others.join(' and ')} would be${own}` };
}

/** Says so where no predictions of so many samples have the number, or only in the wrong order. */
function reached(claim: Claim, pair: Pair | undefined, of: PairSamples): Finding | undefined {
  const samples = `${of.n} samples`;
  if (/^acc\d|_accuracy$/.test(claim.metric) && !accuracyReachable(claim.value, of.n)) {
    return { kind: 'unreachable', reason: `no number of right answers among ${samples} is printed so` };
  }
  if (!pair || claim !== pair.f1 || !accuracyReachable(pair.accuracy.value, of.n)) return undefined;
  const isReachable = (weights: 'labels' | 'predictions') =>
    weightedF1Reachable(pair.accuracy.value, pair.f1.value, of, weights);
  if (isReachable('labels')) return undefined;
  const beside = `beside ${pair.accuracy.metric} ${pair.accuracy.value.text}, of ${samples}`;
  return isReachable('predictions')
    ? { kind: 'other order', reason: `reached with weights by prediction alone, ${beside}` }
    : { kind: 'unreachable', reason: `no predictions have it ${beside}` };
}

/** Who is in the same of seven classes is in the same of five. */
function aboveAcc5({ metric, value }: Claim, others: Others): Finding | undefined {
  const acc5 = metric === 'acc7' ? others('acc5')?.value : undefined;
  if (!acc5 || value.low <= acc5.high) return undefined;
  return { kind: 'unreachable', reason: `above acc5 ${acc5.text}, which no predictions have; swapped?` };
}

/** Names a pair that a predictor has which says the same of every sample. */
function oneAnswer({ accuracy, f1 }: Pair, of: PairSamples | undefined): Finding | undefined {
  const who = whoIsRight(accuracy.value, of);
  const weights = (['labels', 'predictions'] as const).find(
    (order) =>
      oneAnswerF1(accuracy.value.low, order) <= f1.value.high &&
      oneAnswerF1(Math.min(1, accuracy.value.high), order) >= f1.value.low,
  );
  if (!who || !weights) return undefined;
  const order =
    weights === 'labels' ? 'by truth (the right order): 2a²/(1 + a)' : 'by prediction (the wrong order): 2a/(1 + a)';
  return { kind: 'one answer', reason: `the ${who} predictor, weights ${order}` };
}

/** Which predictor of one answer may have this accuracy, by the share of positive samples. */
function whoIsRight(accuracy: Printed, of: PairSamples | undefined): string | undefined {
  const isWithin = (low: number, high: number) => low <= accuracy.high && high >= accuracy.low;
  const [low, high] = of ? [of.positives.low / of.n, of.positives.high / of.n] : [0, 1];
  const [negative, positive] = [isWithin(1 - high, 1 - low), isWithin(low, high)];
  if (negative) return positive ? 'all-negative (or all-positive)' : 'all-negative';
  return positive ? 'all-positive' : undefined;
}

function leftOver({ metric }: Claim, measured: Measured | undefined, of: PairSamples | undefined): Finding {
  if (measured && metric in measured.figures) {
    return { kind: 'differs', reason: `computed ${shown(measured.figures[metric])}` };
  }
  if (measured) return { kind: 'open', reason: 'the predictions have no such column' };
  if (!of) return { kind: 'open', reason: 'nothing to hold it against: the number of samples is not known' };
  return { kind: 'open', reason: `nothing against it with ${of.n} samples` };
}

/** A metric with four decimals. */
export const shown = (value: Metric): string => value?.toFixed(4) ?? 'undefined';
