import { join } from 'node:path';
import { WEIGHTS_FILE } from '@mmolre/model';

/** What the folder of a run holds, by what it is for. `text` and `audio` beside these keep what encoders need besides weights. */
export const RUN_FILES = {
  /** The run's configuration. */ config: 'config.json',
  /** Of the best model. */ weights: WEIGHTS_FILE,
  /** One an emotion, if it predicts emotions. */ thresholds: 'thresholds.json',
  /** Predictions that are always the same: the training median, the training majority. */ baselines: 'baselines.json',
  /** A line an event of training. */ log: 'metrics.jsonl',
  /** Once it is trained to its end. */ finished: 'finished.json',
  /** Once it is tested. */ test: 'test.json',
  /** The labels that it was trained on, where they are not the data's own, */ labels: 'unified.csv',
  /** and a page about them, if they were made with it. */ labelsReport: 'unified.html',
  /** A folder: what evaluations write, unless told otherwise. */ evaluation: 'evaluation',
} as const;

/** Where a run keeps something. */
export const runFile = (folder: string, what: keyof typeof RUN_FILES): string => join(folder, RUN_FILES[what]);

/** What training makes anew: all but the baselines and the configuration, which are overwritten. */
export const madeByTraining = (folder: string): string[] => [
  ...(['finished', 'test', 'weights', 'thresholds', 'log', 'labels', 'labelsReport', 'evaluation'] as const).map(
    (what) => runFile(folder, what),
  ),
  join(folder, 'text'),
  join(folder, 'audio'),
];
