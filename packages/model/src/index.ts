export { type Batch, type Example, makeBatch } from './batch';
export { loadModel, saveModel, writeFileSafely } from './checkpoint';
export {
  configProblems,
  type ModelConfig,
  modelConfigSchema,
  type RunConfig,
  runConfigSchema,
  type TrainingConfig,
} from './config';
export { type HeadParams, head, initHead } from './head';
export { type Labels, taskLoss, trainingLoss } from './loss';
export {
  type Encoders,
  initMmolre,
  type MmolreInput,
  type MmolreOutput,
  type MmolreParams,
  MODALITIES,
  type Modality,
  mmolre,
  NUM_EMOTIONS,
  type Scores,
  TASKS,
  type Task,
} from './mmolre';
export { createModel, type Model, withParams } from './model';
export { type Evaluation, evaluate, hide, type Prediction, predict } from './predict';
export { compact, departures, type PresetName, paperMosei, paperMosi, presets } from './presets';
