export {
  type Batch,
  type Example,
  hasText,
  lengthOf,
  makeBatch,
  makeLabels,
  makePresent,
  sliceBatch,
} from './batch';
export { blockOptions } from './block-options';
export type { VariantName } from './command-line';
export {
  checkFit,
  configProblems,
  MODALITIES,
  type Modality,
  type ModelConfig,
  modelConfigSchema,
  TASKS,
  type Task,
} from './config';
export { type CostInput, type EncoderSizes, inputLengths, longestInput, modelCost } from './cost';
export { withAudioEncoder, withTextEncoder } from './encoder-choice';
export { type HeadParams, head, initHead } from './head';
export { balancesExperts, type Labelled, type Labels, taskLosses, trainingLoss } from './loss';
export {
  type Encoders,
  initMmolre,
  type MmolreInput,
  type MmolreOutput,
  type MmolreParams,
  mmolre,
} from './mmolre';
export {
  createModel,
  type EncoderOptions,
  loadModel,
  type Model,
  openEncoders,
  WEIGHTS_FILE,
  withParams,
} from './model';
export { type Evaluation, evaluate, hide, type Prediction, type PredictOptions, predict } from './predict';
export { compactModel, paperModel } from './presets';
export type { Scores } from './scores';
export { modelVariants } from './variants';
