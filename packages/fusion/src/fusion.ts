import { type AttentionOptions, assertShape, type Mode, modeFor, normal, type Rng, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type CrossAttentionParams, crossAttention, initCrossAttention } from './cross-attention';

// B batch, T time, D dModel

export type FusionConfig = AttentionOptions & {
  dModel: number;
  numLayers: number;
  /** Inner width of the feed-forward networks. */
  width: number;
  /** One set of weights a layer for both modalities, as equations 2 and 3 write it: no. The predecessor's code has one each. */
  shareDirections?: boolean;
};

export type FusionParams = {
  /** The learned vector put before each modality's sequence, [D]. */
  cls: { text: tf.Tensor1D; audio: tf.Tensor1D };
  layers: CrossAttentionParams[];
};

/** [cls] vectors from N(0, 1), the rest as PyTorch starts it. */
export function initFusion({ dModel, numLayers, width, shareDirections }: FusionConfig, rng: Rng): FusionParams {
  return {
    cls: { text: normal<tf.Rank.R1>([dModel], 1, rng), audio: normal<tf.Rank.R1>([dModel], 1, rng) },
    layers: Array.from({ length: numLayers }, () => initCrossAttention(dModel, width, rng, shareDirections)),
  };
}

/**
 * Task-adaptive multimodal fusion: a [cls] vector before each modality's sequence, cross-modal layers, and the two [cls] positions
 * of the last layer side by side. Of that layer nothing else is computed beyond its cross-attention, which the [cls] positions attend to.
 *
 * What stands at padded positions has no effect: it need not be 0.
 *
 * @returns [B, 2D], text then audio
 * @throws If the two modalities differ in batch or width.
 * @see MMoLRE, section III-C
 */
export function fusion(
  params: FusionParams,
  text: Sequence,
  audio: Sequence,
  options: AttentionOptions,
  mode: Mode,
): tf.Tensor2D {
  const [B, , D] = text.hidden.shape;
  assertShape(audio.hidden, [B, 'T', D], 'fusion audio');
  return tf.tidy(() => {
    let sides = { text: withCls(params.cls.text, text), audio: withCls(params.cls.audio, audio) };
    params.layers.forEach((layer, i) => {
      const outputs = i === params.layers.length - 1 ? 'first' : 'all';
      sides = crossAttention(layer, sides.text, sides.audio, options, modeFor(mode, i), outputs);
    });
    const first = ({ hidden }: Sequence) => tf.reshape(hidden, [B, D]);
    return tf.concat([first(sides.text), first(sides.audio)], 1) as tf.Tensor2D;
  });
}

function withCls(cls: tf.Tensor1D, { hidden, mask }: Sequence): Sequence {
  const [B, , D] = hidden.shape;
  const first = tf.tile(tf.reshape(cls, [1, 1, D]), [B, 1, 1]) as tf.Tensor3D;
  return { hidden: tf.concat([first, hidden], 1), mask: tf.concat([tf.ones<tf.Rank.R2>([B, 1]), mask], 1) };
}
