import {
  applyMask,
  conv1d,
  convLength,
  dropout,
  gelu,
  initLayerNorm,
  initTransformerLayer,
  kaimingUniform,
  type LayerNormParams,
  layerNorm,
  type Mode,
  modeFor,
  normal,
  type Rng,
  type TransformerLayerParams,
  transformerLayer,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type AugmentConfig, augment } from './augment';
import type { AudioEncoder, AudioInput, EncoderOutput } from './encoder';
import { logMel, type MelConfig, melFrames, SAMPLE_RATE } from './log-mel';

// B batch, T frames, M mel bands, P positions, D dModel

export type CompactAudioConfig = {
  kind: 'compact';
  mel: MelConfig;
  /** One a layer; the kernel is odd. */
  convs: { kernel: number; stride: number }[];
  numLayers: number;
  numHeads: number;
  /** Inner width of the feed-forward networks. */
  width: number;
  dropout: number;
  augment: AugmentConfig;
  /** A clip is cut at this length. */
  maxSeconds: number;
};

export type CompactAudioParams = {
  convs: { /** [K, dIn, dOut] */ weight: tf.Tensor3D; /** [dOut] */ bias: tf.Tensor1D; norm: LayerNormParams }[];
  /** [P, D] */ positions: tf.Tensor2D;
  norm: LayerNormParams;
  layers: TransformerLayerParams[];
};

export function initCompactAudio(config: CompactAudioConfig, dModel: number, rng: Rng): CompactAudioParams {
  let frames = melFrames(config.maxSeconds * SAMPLE_RATE);
  const convs = config.convs.map(({ kernel, stride }, i) => {
    const dIn = i === 0 ? config.mel.numBands : dModel;
    frames = convLength(frames, stride);
    return {
      weight: kaimingUniform<tf.Rank.R3>([kernel, dIn, dModel], kernel * dIn, rng),
      bias: tf.zeros<tf.Rank.R1>([dModel]),
      norm: initLayerNorm(dModel),
    };
  });
  return {
    convs,
    positions: normal<tf.Rank.R2>([frames, dModel], 0.02, rng),
    norm: initLayerNorm(dModel),
    layers: Array.from({ length: config.numLayers }, () => initTransformerLayer(dModel, config.width, rng)),
  };
}

/** Strided convolutions over log-mel frames (each: layer norm, GELU, padding back to 0), learned positions, transformer layers. */
export function compactAudio(params: CompactAudioParams, input: AudioInput, config: CompactAudioConfig, mode: Mode): EncoderOutput {
  return tf.tidy(() => {
    let mask = input.mask;
    let h = applyMask(augment(input.frames, config.augment, modeFor(mode, 0)), mask);
    params.convs.forEach((conv, i) => {
      const { stride } = config.convs[i]!;
      mask = strideMask(mask, stride);
      h = applyMask(gelu(layerNorm(conv.norm, conv1d(h, conv.weight, conv.bias, stride))), mask);
    });
    const [, T, D] = h.shape;
    h = layerNorm(params.norm, tf.add(h, tf.slice(params.positions, [0, 0], [T, D])) as tf.Tensor3D);
    h = dropout(h, config.dropout, modeFor(mode, 1));
    params.layers.forEach((layer, i) => {
      h = transformerLayer(layer, h, mask, config, modeFor(mode, 2, i));
    });
    return { hidden: applyMask(h, mask), mask };
  });
}

/** The compact audio encoder: log-mel frames, zero mean a band and unit variance a clip. */
export function createCompactAudio(config: CompactAudioConfig, params: CompactAudioParams): AudioEncoder {
  return {
    dModel: params.positions.shape[1],
    params,
    prepare: (clips) => melInput(clips.map((clip) => clip.subarray(0, config.maxSeconds * SAMPLE_RATE)), config.mel),
    encode: (input, mode) => compactAudio(params, input, config, mode),
  };
}

/** Pads clips of samples to the longest and turns them into normalised frames. */
function melInput(clips: readonly Float32Array[], mel: MelConfig): AudioInput {
  const B = clips.length;
  const S = Math.max(512, ...clips.map((clip) => clip.length));
  const samples = new Float32Array(B * S);
  clips.forEach((clip, b) => {
    samples.set(clip, b * S);
  });
  const T = melFrames(S);
  const mask = new Float32Array(B * T);
  clips.forEach((clip, b) => {
    mask.fill(1, b * T, b * T + melFrames(clip.length));
  });
  const maskTensor = tf.tensor2d(mask, [B, T]);
  return { frames: tf.tidy(() => normalise(logMel(tf.tensor2d(samples, [B, S]), mel), maskTensor)), mask: maskTensor };
}

/** Over the real frames of a clip: each band to zero mean (the microphone and the room), the whole to unit variance. */
function normalise(frames: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  const real = tf.expandDims(mask, 2);
  const count = tf.maximum(tf.sum(real, 1, true), 1);
  const centred = tf.mul(tf.sub(frames, tf.div(tf.sum(tf.mul(frames, real), 1, true), count)), real);
  const variance = tf.div(tf.mean(tf.sum(tf.square(centred), 1, true), 2, true), count);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
}

/** The mask after a convolution: its every `stride`-th entry, floor((L - 1) / stride) + 1 real frames of L. */
function strideMask(mask: tf.Tensor2D, stride: number): tf.Tensor2D {
  if (stride === 1) return mask;
  const [B, T] = mask.shape;
  const frames = convLength(T, stride);
  const padded = tf.pad(mask, [[0, 0], [0, frames * stride - T]]);
  return tf.reshape(tf.slice(tf.reshape(padded, [B, frames, stride]), [0, 0, 0], [B, frames, 1]), [B, frames]);
}
