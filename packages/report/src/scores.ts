import type { EmotionMetrics, SentimentMetrics } from '@mmolre/metrics';

/** Metrics of the tasks that are predicted. */
export type Scores = { sentiment: SentimentMetrics | undefined; emotion: EmotionMetrics | undefined };
