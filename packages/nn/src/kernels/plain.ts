import * as tf from '@tensorflow/tfjs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { attentionByProducts, plainHeads } from './attention-by-products';
import { asOneVector, type VectorMoments } from './one-vector';
import { plainActivations } from './plain-activations';
import type { Kernels, NormGradientInputs, NormInputs } from './types';

/** By plain operations, on any backend. */
export const plain: Kernels = {
  drawKept,
  drop,
  product,
  addBias: (rows, bias) => tf.add(rows, bias),
  sumRows: (rows) => tf.sum(rows, 0),
  takeRows,
  activations: plainActivations(drop),
  addNorm,
  addNormGradients,
  ...attentionByProducts({ product, drop, ...plainHeads(takeRows) }),
  split,
  squareSum: (x) => tf.tidy(() => tf.sum(tf.square(x))),
  adamMoments: asOneVector(vectorMoments, split),
};

/** Drawn in JavaScript, in steps of 1 / 65,536 of the rate. */
function drawKept(shape: number[], rate: number, seed: number): tf.Tensor {
  const generator = xoroshiro128plus(seed);
  const size = tf.util.sizeFromShape(shape);
  const mask = new Float32Array(size);
  const threshold = Math.round(rate * 0x1_0000);
  const kept = 1 / (1 - rate);
  // Each draw of 32 bits decides two entries.
  for (let i = 0; i < size; i += 2) {
    const bits = generator.next();
    if ((bits & 0xffff) >= threshold) mask[i] = kept;
    if (bits >>> 16 >= threshold) mask[i + 1] = kept;
  }
  return tf.tensor(mask, shape);
}

function drop(x: tf.Tensor, kept: tf.Tensor, rate: number): tf.Tensor {
  return tf.tidy(() => tf.mul(x, kept.dtype === 'bool' ? tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)) : kept));
}

function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  return tf.matMul(a, b, transposeA, transposeB);
}

function takeRows(rows: tf.Tensor, index: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => tf.gather(tf.concat([rows, tf.zeros([1, rows.shape[1]!])]), index)) as tf.Tensor2D;
}

function addNorm({ x, change, kept, rate = 0, weight, bias, epsilon }: NormInputs): ReturnType<Kernels['addNorm']> {
  return tf.tidy(() => {
    const whole = change ? tf.add(x, kept ? drop(change, kept, rate) : change) : x;
    const centred = tf.sub(whole, tf.mean(whole, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const unit = tf.mul(centred, scale);
    return { value: tf.add(tf.mul(unit, weight), bias), unit, scale };
  });
}

function addNormGradients({
  dy,
  unit,
  scale,
  weight,
  kept,
  rate = 0,
}: NormGradientInputs): ReturnType<Kernels['addNormGradients']> {
  return tf.tidy(() => {
    const leading = dy.shape.slice(0, -1).map((_, axis) => axis);
    const dUnit = tf.mul(dy, weight);
    const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
    const dx = tf.mul(scale, tf.sub(tf.sub(dUnit, tf.mean(dUnit, -1, true)), along));
    return {
      dx,
      ...(kept && { dChange: drop(dx, kept, rate) }),
      dWeight: tf.sum(tf.mul(dy, unit), leading),
      dBias: tf.sum(dy, leading),
    };
  });
}

function split(vector: tf.Tensor1D, sizes: readonly number[]): tf.Tensor1D[] {
  return tf.split(vector, [...sizes]);
}

/** What a step computes on the way is freed as it goes. */
export function vectorMoments(first: tf.Tensor1D, second: tf.Tensor1D): VectorMoments {
  let moments = [tf.keep(tf.clone(first)), tf.keep(tf.clone(second))] as [tf.Tensor1D, tf.Tensor1D];
  const blend = (mean: tf.Tensor, news: tf.Tensor, beta: number) =>
    tf.tidy(() => tf.add(tf.mul(mean, beta), tf.mul(news, 1 - beta))) as tf.Tensor1D;
  return {
    step(value, grad, { learningRate, weightDecay, beta1, beta2, epsilon, count }) {
      const [first, second] = tf.tidy(() => [
        blend(moments[0], grad, beta1),
        blend(moments[1], tf.square(grad), beta2),
      ]);
      tf.dispose(moments);
      moments = [tf.keep(first!), tf.keep(second!)];
      return tf.tidy(() => {
        const root = tf.tidy(() => tf.add(tf.mul(tf.sqrt(second!), 1 / Math.sqrt(1 - beta2 ** count)), epsilon));
        const change = tf.tidy(() => tf.div(tf.mul(first!, learningRate / (1 - beta1 ** count)), root));
        root.dispose();
        return tf.sub(tf.mul(value, 1 - learningRate * weightDecay), change) as tf.Tensor1D;
      });
    },
    read: () => [tf.clone(moments[0]), tf.clone(moments[1])],
    dispose: () => tf.dispose(moments),
  };
}
