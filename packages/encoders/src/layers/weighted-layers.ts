import { oneNode, product, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../encoder';
import type { FrameCache } from '../frame-cache';
import { lengthMask } from '../pad-rows';
import { roundToHalf } from './half';

// S hidden states (one more than layers), B batch, T positions, D dModel

/** [S]: what the layers of a frozen encoder are weighted by, after a softmax. */
export type WeightedLayersParams = { layers: tf.Tensor1D };

/** Equal weights. */
export const initWeightedLayers = (numLayers: number): WeightedLayersParams => ({ layers: tf.zeros([numLayers + 1]) });

/** What each item became: [S, B, T, D], 0 at padded positions, and mask [B, T]. */
type StatesInput = { states: tf.Tensor4D; mask: tf.Tensor2D };

export type FrozenLayers<Item> = {
  dModel: number;
  numLayers: number;
  /** Changes whenever the hidden states do: the hash of the weights, and settings. */
  identity: string;
  /** What the states of an item follow from, beside that. */
  keyOf(item: Item): Float32Array;
  /** The hidden states of one item, 1 · T · D numbers each. */
  statesOf(item: Item): tf.Tensor3D[];
  /** Successive positions whose mean is kept as one. */
  average: number;
  cache?: FrameCache | undefined;
};

/**
 * A frozen encoder of which all hidden states are read, weighted by scalars that train: sum over s of softmax(layers)[s] · state[s].
 *
 * `prepare` computes the states item by item, outside of the gradient, rounded to half precision: that is how a cache keeps them, and without
 * one the numbers are the same.
 *
 * @see Peters et al., ELMo, 2018; Yang et al., SUPERB, 2021
 */
export function createWeightedLayers<Item>(
  params: WeightedLayersParams,
  { dModel: D, numLayers, identity, keyOf, statesOf, average, cache }: FrozenLayers<Item>,
): Encoder<Item, StatesInput> {
  const S = numLayers + 1;
  const model = JSON.stringify(['layers', 1, average, identity]);

  function compute(item: Item): Float32Array {
    const states: Float32Array[] = []; // not returned by the tidy: see `numbersOf`
    tf.tidy(() => {
      for (const state of statesOf(item)) states.push(averaged(state.dataSync<'float32'>(), D, average));
    });
    const all = new Float32Array(S * states[0]!.length);
    states.forEach((state, s) => {
      all.set(state, s * state.length);
    });
    return roundToHalf(all);
  }

  const keptOf = (item: Item) =>
    cache ? cache.frames(model, keyOf(item), S * D, () => compute(item), 'float16') : compute(item);

  return {
    dModel: D,
    params,
    prepare(items) {
      const kept = items.map(keptOf);
      const lengths = kept.map(({ length }) => length / (S * D));
      const [B, T] = [items.length, Math.max(...lengths)];
      const states = new Float32Array(S * B * T * D);
      kept.forEach((values, b) => {
        const size = lengths[b]! * D;
        for (let s = 0; s < S; s++) states.set(values.subarray(s * size, (s + 1) * size), (s * B + b) * T * D);
      });
      return { states: tf.tensor4d(states, [S, B, T, D]), mask: lengthMask(lengths, T) };
    },
    encode: ({ states, mask }): Sequence => ({
      hidden: tf.tidy(() => weightedSum(tf.softmax(params.layers), states)),
      mask,
    }),
  };
}

/** Weights [S] on states [S, B, T, D], which get no gradient. @returns [B, T, D] */
function weightedSum(weights: tf.Tensor1D, states: tf.Tensor4D): tf.Tensor3D {
  const [S, B, T, D] = states.shape;
  return oneNode<tf.Tensor3D>([weights], (save) => {
    const rows = tf.reshape(states, [S, B * T * D]);
    save([rows]);
    const sum = product(tf.reshape(weights, [1, S]), rows);
    return {
      value: tf.reshape(sum, [B, T, D]),
      gradient: (dy, [rows]) => [tf.reshape(product(rows!, tf.reshape(dy, [-1, 1])), [S])],
    };
  });
}

/** The means of so many successive rows; those left at the end make one of their own. */
function averaged(rows: Float32Array, width: number, count: number): Float32Array {
  if (count === 1) return rows;
  const length = rows.length / width;
  const means = new Float32Array(Math.ceil(length / count) * width);
  for (let t = 0; t < length; t++) {
    const mean = Math.floor(t / count);
    const members = Math.min(count, length - mean * count);
    for (let i = 0; i < width; i++) means[mean * width + i]! += rows[t * width + i]! / members;
  }
  return means;
}
