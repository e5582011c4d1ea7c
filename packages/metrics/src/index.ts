export { medianBaseline } from './baselines';
export {
  accuracy,
  f1,
  type Metric,
  mae,
  mean,
  median,
  pearson,
  roundHalfEven,
  weightedF1,
  weightedF1ByPrediction,
} from './basics';
export { type BinaryCounts, type BinaryScores, binaryCounts, binaryScores } from './binary-scores';
export { type Calibration, type CalibrationBin, calibration } from './calibration';
export { type CheckFacts, type CheckOptions, check, type TaskFacts } from './checker/check';
export { checkReport, type Section } from './checker/check-report';
export { type Claim, readClaims, readSamples } from './checker/claims';
export type { CsvRow } from './checker/csv-row';
export type { Figures } from './checker/figures';
export type { Interval } from './checker/intervals';
export type { Verdict } from './checker/judge-claims';
export { type EmotionPredictions, type Predictions, readPredictions } from './checker/predictions';
export { confusionMatrix } from './confusion-matrix';
export {
  CATEGORIES,
  type CategoryRecall,
  category,
  categoryRecall,
  chooseThresholds,
  type EmotionMetric,
  type EmotionMetrics,
  emotionMetrics,
  NONE,
} from './emotion-metrics';
export { type PaperEmotion, type PaperSentiment, paperResults, type Reported } from './paper-results';
export { type Printed, readPrinted } from './printed';
export { accuracyReachable, oneAnswerF1, type PairSamples, type Range, weightedF1Reachable } from './reachable';
export { type SentimentMetrics, sentimentMetrics } from './sentiment-metrics';
