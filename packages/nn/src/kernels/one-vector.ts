import * as tf from '@tensorflow/tfjs';
import type { AdamStep, Kernels } from './types';

/** Adam's two running means for a vector of weights. */
export type VectorMoments = {
  /** Takes the gradient in and returns the new value; `value` stays as it is. */
  step(value: tf.Tensor1D, grad: tf.Tensor1D, step: AdamStep): tf.Tensor1D;
  /** The two means, as new tensors. */
  read(): [first: tf.Tensor1D, second: tf.Tensor1D];
  dispose(): void;
};

/** Tensors end to end as one vector. */
export function join(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const flat = tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D);
  return flat.length === 1 ? flat[0]! : tf.concat(flat);
}

/** The inverse of `join`: tensors of these shapes. */
export function apart(vector: tf.Tensor1D, shapes: readonly number[][], split: Kernels['split']): tf.Tensor[] {
  const sizes = shapes.map((shape) => tf.util.sizeFromShape(shape));
  const parts = sizes.length === 1 ? [vector] : split(vector, sizes);
  return parts.map((part, i) => tf.reshape(part, shapes[i]!));
}

/** The means of several parameters, kept and updated as one vector: many small kernels cost more than one large one. */
export function asOneVector(
  vectorMoments: (first: tf.Tensor1D, second: tf.Tensor1D) => VectorMoments,
  split: Kernels['split'],
): Kernels['adamMoments'] {
  return (first, second) => {
    const shapes = first.map(({ shape }) => shape);
    const start = tf.tidy(() => [join(first), join(second)] as [tf.Tensor1D, tf.Tensor1D]);
    const moments = vectorMoments(...start);
    tf.dispose(start);
    const read = () => moments.read().map((mean) => apart(mean, shapes, split)) as [tf.Tensor[], tf.Tensor[]];
    return {
      step: (values, grads, step) =>
        tf.tidy(() => {
          const grad = join(grads);
          const scaled = step.gradScale === 1 ? grad : (tf.mul(grad, step.gradScale) as tf.Tensor1D);
          return apart(moments.step(join(values), scaled, step), shapes, split);
        }),
      read: () => tf.tidy(read),
      dispose: () => moments.dispose(),
    };
  };
}
