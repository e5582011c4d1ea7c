import { seededValues } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// Weights that benchmarks/python/seeded.py makes too, so that no file has to carry them.

const DEVIATION = 0.02;

/** A parameter by its path: about 1 in a norm's weight, else about 0 with one deviation. In TensorFlow's memory only. */
export function seededWeight(path: string, shape: readonly number[]): tf.Tensor {
  const values = seededValues(path, tf.util.sizeFromShape([...shape]));
  const scale = Math.fround(DEVIATION * Math.sqrt(3));
  const mean = /norm\.weight$/i.test(path) ? 1 : 0;
  for (let i = 0; i < values.length; i++) values[i] = mean + Math.fround(scale * values[i]!);
  return tf.tidy(() => tf.mul(tf.tensor(values, [...shape]), 1));
}
