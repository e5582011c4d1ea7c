import * as tf from '@tensorflow/tfjs';
import { linear } from './linear';

// B batch, T time, K kernel size

/**
 * A convolution over time with an odd kernel, zero padding of (K - 1) / 2 frames at both ends, as pad, slice and one matrix product:
 * `tf.conv1d` has no filter gradient on the wasm backend.
 *
 * @param x [B, T, dIn]; padded frames must be zero, or they leak into their neighbours.
 * @param weight [K, dIn, dOut]
 * @param bias [dOut]
 * @returns [B, floor((T - 1) / stride) + 1, dOut]
 * @throws If the kernel is even or x's last axis is not dIn.
 */
export function conv1d(x: tf.Tensor3D, weight: tf.Tensor3D, bias: tf.Tensor1D, stride = 1): tf.Tensor3D {
  const [K, dIn, dOut] = weight.shape;
  const [B, T] = x.shape;
  if (K % 2 === 0) throw new Error(`conv1d weight: expected an odd kernel, got ${K} frames`);
  if (x.shape[2] !== dIn) throw new Error(`conv1d x: expected [B, T, ${dIn}], got [${x.shape.join(', ')}]`);
  return tf.tidy(() => {
    const filter = tf.reshape(weight, [K * dIn, dOut]) as tf.Tensor2D;
    if (K === 1 && stride === 1) return linear(x, filter, bias);
    const frames = convLength(T, stride);
    const half = (K - 1) / 2;
    // The last tap's slice must be whole strides long, so pad to the end of it.
    const padded = tf.pad(x, [
      [0, 0],
      [half, Math.max(half, frames * stride + K - 1 - half - T)],
      [0, 0],
    ]);
    const taps = Array.from({ length: K }, (_, tap) => {
      const slice = tf.slice(padded, [0, tap, 0], [B, frames * stride, dIn]);
      return stride === 1 ? slice : everyNth(slice, stride);
    });
    return linear(tf.concat(taps, 2), filter, bias);
  });
}

/** Frames left of `length` by a convolution of that stride, padded as `conv1d` pads. */
export function convLength(length: number, stride: number): number {
  return Math.floor((length - 1) / stride) + 1;
}

/** [B, T·n, D] -> [B, T, D], the first of each n frames (`tf.stridedSlice` has no gradient). */
function everyNth(x: tf.Tensor3D, n: number): tf.Tensor3D {
  const [B, T, D] = x.shape;
  const grouped = tf.reshape(x, [B, T / n, n * D]);
  return tf.slice(grouped, [0, 0, 0], [B, T / n, D]) as tf.Tensor3D;
}
