export { activationKernel, activations, gelu } from './activations';
export {
  type AdamWConfig,
  type AdamWState,
  adamWStep,
  disposeAdamW,
  initAdamW,
  NotFiniteError,
  type Together,
} from './adamw';
export type { AdamWOptions } from './adamw-groups';
export { type AdamWMoments, adamWMoments, restoreAdamW } from './adamw-moments';
export { assertShape } from './assert-shape';
export {
  type AttentionOptions,
  type AttentionParams,
  attention,
  attentionOfRows,
  initAttention,
} from './attention';
export { type BatchNormParams, batchNorm, initBatchNorm, type Moments, momentsOf } from './batch-norm';
export { conv1d, convLength, unfold } from './conv1d';
export { dropout } from './dropout';
export { embedding } from './embedding';
export { type FeedForwardParams, feedForward, initFeedForward } from './feed-forward';
export { fillParams } from './fill-params';
export {
  FIT_START,
  type FitEvent,
  type FitMoment,
  type FitOptions,
  type FitPosition,
  type FitResult,
  type FitStep,
  fit,
} from './fit';
export { groupedConv1d } from './grouped-conv1d';
export { type GroupedConv1dOptions, validLength } from './grouped-conv1d-blocks';
export { hasHeldExperts, heldSums, heldUnits } from './held-experts';
export type { Activation, ActivationKernel, HeldExperts } from './kernels/types';
export { addNorm, initLayerNorm, type LayerNormParams, layerNorm } from './layer-norm';
export { initLinear, linear, linearLayer } from './linear';
export { type LinearParams, type LoraOptions, project, projectGradients } from './linear-part';
export { applyMask, maskedMean, maskedStatistics } from './masks';
export { matMul, product } from './mat-mul';
export { evaluating, type Mode, modeFor } from './mode';
export { numbersOf } from './numbers-of';
export { onOneLine } from './on-one-line';
export { constant, type Node, oneNode } from './one-node';
export { packWeights } from './pack-weights';
export { countParams, disposeParams, freeze, leaves, mapLeaves, type Params, trainable, variables } from './params';
export {
  MAX_HEADER_BYTES,
  parseSafetensors,
  parseSafetensorsHeader,
  type StoredEntry,
  safetensorsHeaderLength,
} from './parse-safetensors';
export { type Precision, withPrecision } from './precision';
export { createRng, kaimingUniform, mixSeed, normal, type Rng } from './random';
export {
  fullLayout,
  type Layout,
  layoutOf,
  pack,
  READS_BACK_CHEAPLY,
  type Rows,
  reshape,
  rowsOf,
  unpack,
} from './rows';
export { type Schedule, scheduleFactor } from './schedule';
export { bitsAt, seededValues, seedOf } from './seeded-values';
export type { Sequence } from './sequence';
export { DTYPES_OF, type StoredDtype, type StoredTensor, toTensor, valuesOf } from './stored-tensor';
export { safetensorsHeader, safetensorsParts, toSafetensors } from './to-safetensors';
export { initTransformerLayer, type TransformerLayerParams, transformerLayer } from './transformer-layer';
