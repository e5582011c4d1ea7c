export { type Activation, activations, gelu } from './activations';
export { type AdamWConfig, adamW, type Optimizer } from './adamw';
export { assertShape } from './assert-shape';
export { type AttentionOptions, type AttentionParams, attention, initAttention } from './attention';
export { conv1d, convLength } from './conv1d';
export { dropout } from './dropout';
export { embedding } from './embedding';
export { type FeedForwardParams, feedForward, initFeedForward } from './feed-forward';
export { initLayerNorm, type LayerNormParams, layerNorm } from './layer-norm';
export { initLinear, type LinearParams, linear, linearLayer } from './linear';
export { applyMask, maskedMean } from './masks';
export { matMul } from './mat-mul';
export { evaluating, type Mode, modeFor } from './mode';
export {
  countParams,
  disposeParams,
  freeze,
  leaves,
  mapLeaves,
  type Params,
  trainable,
  variables,
} from './params';
export { createRng, kaimingUniform, mixSeed, normal, type Rng } from './random';
export { fillParams, parseSafetensors, type StoredTensor, toSafetensors, toTensor } from './safetensors';
export { type Schedule, scheduleFactor } from './schedule';
export { initTransformerLayer, type TransformerLayerParams, transformerLayer } from './transformer-layer';
