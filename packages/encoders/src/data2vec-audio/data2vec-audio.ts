import {
  activations,
  applyMask,
  constant,
  createRng,
  dropout,
  groupedConv1d,
  layerNorm,
  linearLayer,
  type Mode,
  modeFor,
  numbersOf,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Data2VecAudioConfig } from './data2vec-audio-config';
import { data2VecLayer } from './data2vec-audio-layer';
import type { ConvParams, Data2VecAudioParams, FeatureExtractorParams } from './data2vec-audio-params';
import { CONV_EPSILON, positionalConv } from './data2vec-audio-positions';
import { timeMask } from './time-mask';

// B batch, S samples, T frames, C channels of the feature extractor, D dModel

/**
 * The convolutional feature extractor: without padding, each convolution followed by a layer norm over its channels and the
 * activation. A frame depends on its own samples only, so padding a clip adds frames and changes none.
 *
 * @param samples [B, S, 1], normalised; at least as long as the receptive field (400 samples at base size).
 * @returns [B, T, C]
 */
export function data2VecFeatures(
  params: FeatureExtractorParams,
  samples: tf.Tensor3D,
  config: Data2VecAudioConfig,
): tf.Tensor3D {
  const activate = activations[config.convActivation];
  return tf.tidy(() =>
    params.conv_layers.reduce((h, { conv, layer_norm }, i) => {
      const stride = config.convs[i]!.stride;
      return activate(layerNorm(layer_norm, groupedConv1d(h, conv.weight, conv.bias, { stride }), CONV_EPSILON));
    }, samples),
  );
}

export type Data2VecAudioOptions = {
  /**
   * Whether padded frames are set back to 0 between the positional convolutions. The original does not, so that a padded clip's
   * output differs a little from the unpadded one's; with it, padding changes nothing.
   */
  maskPositionalConvs: boolean;
};

/**
 * From the feature extractor's frames to the last hidden state: projection, masking in time (training), positional convolutions, transformer
 * layers. Parity with `Data2VecAudioModel` of `transformers`, at real frames; padded ones are 0 here.
 *
 * @param features [B, T, C]; what stands at padded frames means nothing.
 * @param mask [B, T], 1 = real frame.
 * @returns [B, T, D]
 */
export function data2VecAudio(
  params: Data2VecAudioParams,
  features: tf.Tensor3D,
  mask: tf.Tensor2D,
  config: Data2VecAudioConfig,
  options: Data2VecAudioOptions,
  mode: Mode,
): tf.Tensor3D {
  return tf.tidy(() => applyMask(data2VecStates(params, features, mask, config, options, mode).at(-1)!, mask));
}

/**
 * Hidden states, [B, T, D] each: before the first layer, and of every layer; what stands at padded frames means nothing.
 *
 * @see data2VecAudio
 */
export function data2VecStates(
  params: Data2VecAudioParams,
  features: tf.Tensor3D,
  mask: tf.Tensor2D,
  config: Data2VecAudioConfig,
  options: Data2VecAudioOptions,
  mode: Mode,
): tf.Tensor3D[] {
  const { feature_projection: projection, encoder } = params;
  const lengths = mode.training ? [...numbersOf(() => tf.sum(mask, 1))] : [];
  const skipped = layerDrop(encoder.layers.length, config.layerDrop, modeFor(mode, 2));
  const embed = () => {
    const normal = layerNorm(projection.layer_norm, features, config.epsilon);
    let h = linearLayer(projection.projection, normal);
    h = dropout(h, config.projectionDropout, modeFor(mode, 0));
    if (config.masking) h = timeMask(h, params.masked_spec_embed, lengths, config.mask, modeFor(mode, 1));
    h = applyMask(h, mask);
    h = tf.add(h, positions(encoder.pos_conv_embed.layers, h, mask, config, options));
    return dropout(layerNorm(encoder.layer_norm, h, config.epsilon), config.dropout, modeFor(mode, 3));
  };
  return tf.tidy(() => {
    const states = [config.lora ? constant(embed) : embed()];
    encoder.layers.forEach((layer, i) => {
      const h = states[i]!;
      states.push(skipped[i] ? h : data2VecLayer(layer, h, mask, config, modeFor(mode, 4, i)));
    });
    return states;
  });
}

/** The positional convolutions, one after another. */
function positions(
  layers: readonly { conv: ConvParams }[],
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  config: Data2VecAudioConfig,
  { maskPositionalConvs }: Data2VecAudioOptions,
): tf.Tensor3D {
  return layers.reduce((h, { conv }, i) => {
    const open = maskPositionalConvs && i > 0 ? applyMask(h, mask) : h;
    return positionalConv(conv, open, config.positions.groups, config.convActivation);
  }, x);
}

/** Which layers a training step leaves out, each with the given probability (LayerDrop, Fan et al., 2019). */
function layerDrop(numLayers: number, rate: number, mode: Mode): boolean[] {
  const rng = createRng(mode.seed);
  return Array.from({ length: numLayers }, () => mode.training && rng.uniform() < rate);
}
