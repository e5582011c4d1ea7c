import * as tf from '@tensorflow/tfjs';
import { linear } from './linear';
import { project, projectGradients } from './linear-part';
import { oneNode } from './one-node';

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
  if (x.shape[2] !== dIn) throw new Error(`conv1d x: expected [B, T, ${dIn}], got [${x.shape.join(', ')}]`);
  // With a stride, what would be kept between is small: the tape may have it.
  if (stride > 1) return tf.tidy(() => linear(unfold(x, K, stride), tf.reshape(weight, [K * dIn, dOut]), bias));
  const filter = (weight: tf.Tensor) => tf.reshape(weight, [K * dIn, dOut]);
  const rowsOf = (x: tf.Tensor) => tf.reshape(unfold(x as tf.Tensor3D, K), [B * T, K * dIn]);
  return oneNode<tf.Tensor3D>([x, weight, bias], (save) => {
    save([x, weight]);
    const value = tf.reshape(project(rowsOf(x), filter(weight), bias), [B, T, dOut]) as tf.Tensor3D;
    const gradient = (dy: tf.Tensor3D, [x, weight]: tf.Tensor[]) => {
      const [dRows, dFilter, dBias] = projectGradients(rowsOf(x!), filter(weight!), tf.reshape(dy, [B * T, dOut]));
      return [fold(tf.reshape(dRows, [B, T, K * dIn]), K), tf.reshape(dFilter, weight!.shape), dBias];
    };
    return { value, gradient };
  });
}

/**
 * The frames that each step of a convolution sees, side by side, zeros beyond both ends.
 *
 * @param x [B, T, D]
 * @param kernel K, odd.
 * @returns [B, floor((T - 1) / stride) + 1, K·D], earliest frame first
 */
export function unfold(x: tf.Tensor3D, kernel: number, stride = 1): tf.Tensor3D {
  const [B, T, D] = x.shape;
  if (kernel % 2 === 0) throw new Error(`conv1d weight: expected an odd kernel, got ${kernel} frames`);
  if (kernel === 1 && stride === 1) return x;
  return tf.tidy(() => {
    const frames = convLength(T, stride);
    const half = (kernel - 1) / 2;
    // The last tap's slice must be whole strides long, so pad to the end of it.
    const padded = tf.pad(x, [
      [0, 0],
      [half, Math.max(half, frames * stride + kernel - 1 - half - T)],
      [0, 0],
    ]);
    const taps = Array.from({ length: kernel }, (_, tap) => {
      const slice = tf.slice(padded, [0, tap, 0], [B, frames * stride, D]);
      return stride === 1 ? slice : everyNth(slice, stride);
    });
    return tf.concat(taps, 2);
  });
}

/** The transpose of `unfold` at stride 1: each frame gets the sum of what its copies got. [B, T, K·D] -> [B, T, D] */
function fold(rows: tf.Tensor3D, kernel: number): tf.Tensor3D {
  const [B, T] = rows.shape;
  const half = (kernel - 1) / 2;
  const taps = tf.split(rows, kernel, 2).map((part, tap) => {
    const shift = Math.min(Math.abs(tap - half), T); // frames that leave at one end, and zeros that enter at the other
    if (shift === 0) return part;
    const later = tap > half;
    const kept = tf.slice(part, [0, later ? 0 : shift, 0], [B, T - shift, -1]);
    return tf.pad(kept, [[0, 0], later ? [shift, 0] : [0, shift], [0, 0]]);
  });
  return tf.addN(taps as tf.Tensor3D[]);
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
