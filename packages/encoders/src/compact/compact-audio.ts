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
  type Sequence,
  type TransformerLayerParams,
  transformerLayer,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { AudioInput, Encoder } from '../encoder';
import { padRows } from '../pad-rows';
import { type AugmentConfig, augment } from './augment';
import { logMel, type MelConfig, MIN_SAMPLES, melFrames, SAMPLE_RATE } from './log-mel';

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
  /** weight [K, dIn, dOut], bias [dOut] */
  convs: { weight: tf.Tensor3D; bias: tf.Tensor1D; norm: LayerNormParams }[];
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
export function compactAudio(
  params: CompactAudioParams,
  input: AudioInput,
  config: CompactAudioConfig,
  mode: Mode,
): Sequence {
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

/** The compact audio encoder: log-mel frames, zero mean and unit variance over each clip. A clip's frames are computed once. */
export function createCompactAudio(
  config: CompactAudioConfig,
  params: CompactAudioParams,
): Encoder<Float32Array, AudioInput> {
  const known = new WeakMap<Float32Array, Float32Array>();
  const framesOf = (clip: Float32Array) => {
    const frames = known.get(clip) ?? clipFrames(clip.subarray(0, config.maxSeconds * SAMPLE_RATE), config.mel);
    known.set(clip, frames);
    return frames;
  };
  return {
    dModel: params.positions.shape[1],
    params,
    prepare(clips) {
      const { values: frames, mask } = padRows(clips.map(framesOf), config.mel.numBands);
      return { frames, mask };
    },
    encode: (input, mode) => compactAudio(params, input, config, mode),
  };
}

/** The normalised frames of one clip, T · M numbers; a clip under 32 ms is filled up with silence. */
function clipFrames(clip: Float32Array, mel: MelConfig): Float32Array {
  const samples = new Float32Array(Math.max(clip.length, MIN_SAMPLES));
  samples.set(clip);
  return tf.tidy(
    () => normalise(tf.squeeze(logMel(tf.tensor2d(samples, [1, samples.length]), mel), [0])).dataSync() as Float32Array,
  );
}

/**
 * The whole clip to zero mean and unit variance: how loud it was recorded goes, how its bands differ stays. (Taking each band's
 * mean out as well loses the voice: on EmoDB's unseen speakers the recall of an encoder alone fell from 0.65 to 0.45.)
 *
 * @param frames [T, M]
 */
function normalise(frames: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub(frames, tf.mean(frames));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred)), 1e-5)));
}

/** The mask after a convolution: its every `stride`-th entry, floor((L - 1) / stride) + 1 real frames of L. */
function strideMask(mask: tf.Tensor2D, stride: number): tf.Tensor2D {
  if (stride === 1) return mask;
  const [B, T] = mask.shape;
  const frames = convLength(T, stride);
  const padded = tf.pad(mask, [
    [0, 0],
    [0, frames * stride - T],
  ]);
  return tf.reshape(tf.slice(tf.reshape(padded, [B, frames, stride]), [0, 0, 0], [B, frames, 1]), [B, frames]);
}
