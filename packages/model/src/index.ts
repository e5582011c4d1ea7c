export { type Batch, type Example, makeBatch } from './batch';
export { blockOptions } from './block-options';
export {
  configProblems,
  type ModelConfig,
  modelConfigSchema,
  NUM_EMOTIONS,
  ownLabels,
  type RunConfig,
  runConfigSchema,
  TASKS,
  type Task,
  type TrainingConfig,
  type UnifyConfig,
} from './config';
export { type CostInput, inputLengths, longestInput, modelCost } from './cost';
export { type AudioKind, audioConfigSchema, BY_PIP, type TextKind, textConfigSchema } from './encoder-config';
export { audioPresets, textPresets, withAudioEncoder, withTextEncoder } from './encoder-presets';
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
} from './mmolre';
export { checkFit, createModel, type EncoderOptions, type Model, openEncoders, withParams } from './model';
export type { OpenedEncoder } from './opened-encoder';
export { type Evaluation, evaluate, hide, type Prediction, predict } from './predict';
export { compact, departures, type PresetName, paperMosei, paperMosi, presets, quick } from './presets';
export type { Scores } from './scores';
export { type VariantName, variants } from './variants';
