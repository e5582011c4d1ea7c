export { medianBaseline } from './baselines';
export { accuracy, f1, type Metric, mae, mean, median, pearson, roundHalfEven, weightedF1 } from './basics';
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
export { type SentimentMetrics, sentimentMetrics } from './sentiment-metrics';
