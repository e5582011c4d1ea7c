import {
  type AttentionOptions,
  type AttentionParams,
  addNorm,
  attentionOfRows,
  type FeedForwardParams,
  feedForward,
  fullLayout,
  initAttention,
  initFeedForward,
  initLayerNorm,
  type LayerNormParams,
  type Mode,
  modeFor,
  type Rng,
  type Rows,
  rowsOf,
  type Sequence,
  unpack,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** What one modality has of its own in a layer. */
export type SideParams = {
  cross: AttentionParams;
  crossNorm: LayerNormParams;
  self: AttentionParams;
  selfNorm: LayerNormParams;
  feedForward: FeedForwardParams;
  feedForwardNorm: LayerNormParams;
};

/** Weights of each modality's own, or one set for both, as the paper's equations write them. */
export type CrossAttentionParams = { text: SideParams; audio: SideParams } | { both: SideParams };

const EPSILON = 1e-12;

export function initCrossAttention(
  dModel: number,
  width: number,
  rng: Rng,
  shareDirections = false,
): CrossAttentionParams {
  const side = (): SideParams => ({
    cross: initAttention(dModel, rng),
    crossNorm: initLayerNorm(dModel),
    self: initAttention(dModel, rng),
    selfNorm: initLayerNorm(dModel),
    feedForward: initFeedForward(dModel, width, rng),
    feedForwardNorm: initLayerNorm(dModel),
  });
  return shareDirections ? { both: side() } : { text: side(), audio: side() };
}

/**
 * One layer of the fusion: each modality attends to the other's input of the layer, then to itself, then passes a pointwise
 * feed-forward network with ReLU; each followed by dropout, the residual and a layer norm.
 *
 * @param outputs Of each modality the whole sequence, or its first position alone, [B, 1, D], without the work that nobody else reads.
 * @see MMoLRE, section III-C, equations 2 to 4
 */
export function crossAttention(
  params: CrossAttentionParams,
  text: Sequence,
  audio: Sequence,
  options: AttentionOptions,
  mode: Mode,
  outputs: 'all' | 'first' = 'all',
): { text: Sequence; audio: Sequence } {
  const sides = 'both' in params ? { text: params.both, audio: params.both } : params;
  return {
    text: attend(sides.text, text, audio, options, modeFor(mode, 0), outputs),
    audio: attend(sides.audio, audio, text, options, modeFor(mode, 1), outputs),
  };
}

function attend(
  params: SideParams,
  own: Sequence,
  other: Sequence,
  options: AttentionOptions,
  mode: Mode,
  outputs: 'all' | 'first',
): Sequence {
  const [B, , D] = own.hidden.shape;
  return tf.tidy(() => {
    const add = (norm: LayerNormParams, x: tf.Tensor2D, change: tf.Tensor2D, part: number) =>
      addNorm(norm, x, change, { dropout: options.dropout, epsilon: EPSILON }, modeFor(mode, part));
    const [ownRows, otherRows] = [rowsOf(own.hidden, own.mask), rowsOf(other.hidden, other.mask)];
    const crossed = attentionOfRows(params.cross, ownRows, otherRows, options, modeFor(mode, 0));
    const z = { ...ownRows, rows: add(params.crossNorm, ownRows.rows, crossed, 1) };
    const [queries, mask] =
      outputs === 'all' ? [z, own.mask] : [firstRows(z), tf.slice(own.mask, 0, [B, 1]) as tf.Tensor2D];
    const refined = attentionOfRows(params.self, queries, z, options, modeFor(mode, 2));
    const s = add(params.selfNorm, queries.rows, refined, 3);
    const changed = add(params.feedForwardNorm, s, feedForward(params.feedForward, s, 'relu'), 4);
    return { hidden: unpack(changed, queries.layout), mask };
  });

  /** The first position of each sequence, padding or not. */
  function firstRows({ rows, layout }: Rows): Rows {
    const first = tf.slice(unpack(rows, layout), 0, [B, 1, D]);
    return { rows: tf.reshape(first, [B, D]), layout: fullLayout(tf.ones([B, 1])) };
  }
}
