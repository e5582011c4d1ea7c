import { basename, dirname, join } from 'node:path';
import { WEIGHTS_FILE } from '@mmolre/model';

/** What the folder of a run holds, by what it is for. */
export const RUN_FILES = {
  /** What the run is: configuration, data, backend, code, and each time that it was worked on. */ record: 'run.json',
  /** A folder of numbered checkpoints (`CHECKPOINT_FILES`). */ checkpoints: 'checkpoints',
  /** A link to the checkpoint with the best model, for people and other programs. */ best: 'best',
  /** A folder: the sentence encoder that SimCSE has trained, once it is finished. */ model: 'model',
  /** A line an event of training. */ log: 'metrics.jsonl',
  /** Once it is trained to its end. */ finished: 'finished.json',
  /** Linear models, fitted on what it was trained on: what its results are held against. */ simpleModels:
    'simple-models.json',
  /** Once it is tested. */ test: 'test.json',
  /** What it says of each sample of that test, */ predictions: 'predictions.csv',
  /** and what the simple models say. */ simplePredictions: 'simple-predictions.csv',
  /** The labels that it was trained on, where they are not the data's own, */ labels: 'unified.csv',
  /** and a page about them, if they were made with it. */ labelsReport: 'unified.html',
  /** A folder: event files of TensorBoard, if they were asked for. */ tensorboard: 'tensorboard',
  /** What the run is called on a Trackio server, if it was sent to one. */ trackio: 'trackio-id',
  /** A folder: a page about it, as it stands, and the same for other programs. */ report: 'report',
  /** A folder: what evaluations write, unless told otherwise. */ evaluation: 'evaluation',
} as const;

/**
 * What a checkpoint holds: a whole model, and what its training needs to go on. `text` and `audio` beside these keep what encoders need
 * besides weights, and a manifest says how long each file is and what its SHA-256 is. The folder of a model alone has the first four.
 */
export const CHECKPOINT_FILES = {
  /** The run's configuration. */ config: 'config.json',
  /** Those that are evaluated. */ weights: WEIGHTS_FILE,
  /** One an emotion, if it predicts emotions; not in a checkpoint within an epoch. */ thresholds: 'thresholds.json',
  /** What is always predicted that knows the training labels alone: their median. */ baselines: 'baselines.json',
  /** Where the training stands. */ state: 'training.json',
  /** AdamW's moments, and the weights that are trained where those that are evaluated are their average. */
  tensors: 'training.safetensors',
} as const;

/** Where a run keeps something. */
export const runFile = (folder: string, what: keyof typeof RUN_FILES): string => join(folder, RUN_FILES[what]);

/** The lock of who works on a run, beside its folder. */
export const runLock = (folder: string): string => join(dirname(folder), `.${basename(folder)}.lock`);

/** Where a checkpoint, or the folder of a model, keeps something. */
export const checkpointFile = (folder: string, what: keyof typeof CHECKPOINT_FILES): string =>
  join(folder, CHECKPOINT_FILES[what]);
