import { normal, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointLayout } from '../checkpoint/checkpoint';
import { nest } from '../checkpoint/nest';
import type { Data2VecAudioSize } from '../cost';
import type { Data2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecAudioParams } from './data2vec-audio-params';

/**
 * The tensors of a Data2Vec-audio checkpoint. Every matrix is a linear layer's, which the tree transposes; so are the convolutions, [dOut,
 * dIn / groups, K] there and [K, dIn / groups, dOut] here. A checkpoint without the vector of masked frames is whole if the
 * configuration never masks.
 */
export function data2VecAudioLayout(
  config: Data2VecAudioSize & Partial<Pick<Data2VecAudioConfig, 'mask'>>,
): CheckpointLayout {
  const { dModel: D, width: W, convs, convBias, positions, mask } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string, size: number) => shapes.set(`${name}.weight`, [size]).set(`${name}.bias`, [size]);
  const linear = (name: string, dIn: number, dOut: number) =>
    shapes.set(`${name}.weight`, [dOut, dIn]).set(`${name}.bias`, [dOut]);
  shapes.set('masked_spec_embed', [D]);
  convs.forEach(({ channels, kernel }, i) => {
    const layer = `feature_extractor.conv_layers.${i}`;
    shapes.set(`${layer}.conv.weight`, [channels, convs[i - 1]?.channels ?? 1, kernel]);
    if (convBias) shapes.set(`${layer}.conv.bias`, [channels]);
    norm(`${layer}.layer_norm`, channels);
  });
  norm('feature_projection.layer_norm', convs.at(-1)!.channels);
  linear('feature_projection.projection', convs.at(-1)!.channels, D);
  for (let i = 0; i < positions.numLayers; i++) {
    const conv = `encoder.pos_conv_embed.layers.${i}.conv`;
    shapes.set(`${conv}.weight`, [D, D / positions.groups, positions.kernel]).set(`${conv}.bias`, [D]);
  }
  norm('encoder.layer_norm', D);
  for (let i = 0; i < config.numLayers; i++) {
    const layer = `encoder.layers.${i}`;
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) linear(`${layer}.attention.${name}`, D, D);
    norm(`${layer}.layer_norm`, D);
    linear(`${layer}.feed_forward.intermediate_dense`, D, W);
    linear(`${layer}.feed_forward.output_dense`, W, D);
    norm(`${layer}.final_layer_norm`, D);
  }
  const turned = [undefined, undefined, [1, 0], [2, 1, 0]];
  return {
    shapes,
    prefix: 'data2vec_audio.',
    optional: mask && (mask.time.prob > 0 || mask.feature.prob > 0) ? [] : ['masked_spec_embed'],
    axes: (name) => turned[shapes.get(name)?.length ?? 0],
  };
}

/** Random parameters as `transformers` starts them: normal linear weights, Kaiming-normal convolutions, layer norms of 1 and 0. */
export function initData2VecAudio(config: Data2VecAudioConfig, rng: Rng): Data2VecAudioParams {
  const { shapes, axes, optional } = data2VecAudioLayout(config);
  const leaves = new Map<string, tf.Tensor>();
  for (const [name, shape] of shapes) {
    if (!optional.includes(name)) leaves.set(name, initial(name, axes(name) ? [...shape].reverse() : [...shape]));
  }
  return nest<Data2VecAudioParams>(leaves);

  function initial(name: string, shape: number[]): tf.Tensor {
    if (name === 'masked_spec_embed') return tf.tensor(Float32Array.from({ length: shape[0]! }, rng.uniform), shape);
    if (shape.length === 1) return name.endsWith('.bias') ? tf.zeros(shape) : tf.ones(shape);
    const dIn = shape.slice(0, -1).reduce((product, size) => product * size);
    if (shape.length === 3) return normal(shape as [number, number, number], Math.sqrt(2 / dIn), rng);
    // The projection: the deviation of a uniform distribution within ±sqrt(1 / dIn).
    const deviation = name.startsWith('feature_projection.') ? Math.sqrt(1 / (3 * dIn)) : 0.02;
    return normal(shape as [number, number], deviation, rng);
  }
}
