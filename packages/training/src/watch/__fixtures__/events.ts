import { emotionMetrics, sentimentMetrics } from '@mmolre/metrics';
import { type GateFacts, histogramOf } from '../gates';
import type { WatchedEvent } from '../watcher';

/** Two steps a second of four samples; the loss is one over the step's number, or that times `factor`. */
export const stepEvent = (step: number, factor = 1): WatchedEvent => ({
  event: 'step',
  seconds: step / 2,
  step,
  steps: 100,
  epoch: Math.ceil(step / 3),
  loss: factor / step,
  learningRate: 1e-3 / step,
  samples: 4,
  waitSeconds: 0,
});

export const startEvent = (step: number): WatchedEvent => ({ event: 'start', seconds: 0, step });

/** Without a correlation, and of happiness alone, of which there are two. */
export const epochEvent = (step: number): WatchedEvent => ({
  event: 'epoch',
  seconds: step / 2,
  epoch: step / 3,
  step,
  trainLoss: 1.5,
  validLoss: 1.25,
  best: true,
  valid: {
    sentiment: sentimentMetrics([1, 1, 1], [0.5, -1, 2]),
    emotion: emotionMetrics([[0.75], [0.25]], [[1], [0]], [0.5], ['happiness']),
  },
});

const sentiment = {
  histogram: histogramOf([0.125, 0.5, 0.5, 0.375], [0, 0.25, 0.5, 0.75, 1]),
  selected: [0, 2, 2],
};
const emotion = { histogram: undefined, selected: [0, 0, 0] };
const gateFacts: GateFacts = { samples: 2, gates: { text: [{ sentiment, emotion }], audio: [] } };

export const gatesEvent = (step: number): WatchedEvent => ({
  event: 'gates',
  seconds: step / 2,
  epoch: step / 3,
  step,
  ...gateFacts,
});
