import * as tf from '@tensorflow/tfjs';

/** Items of `width` numbers a position, padded with 0 to the longest: values [B, T, width] and mask [B, T], 1 = real. */
export function padRows(rows: readonly Float32Array[], width: number): { values: tf.Tensor3D; mask: tf.Tensor2D } {
  const lengths = rows.map((row) => row.length / width);
  const T = Math.max(...lengths);
  const values = new Float32Array(rows.length * T * width);
  rows.forEach((row, b) => {
    values.set(row, b * T * width);
  });
  return { values: tf.tensor3d(values, [rows.length, T, width]), mask: lengthMask(lengths, T) };
}

/** [B, T], 1 for each row's first `length` entries. */
export function lengthMask(lengths: readonly number[], T: number): tf.Tensor2D {
  const mask = new Float32Array(lengths.length * T);
  lengths.forEach((length, b) => {
    mask.fill(1, b * T, b * T + length);
  });
  return tf.tensor2d(mask, [lengths.length, T]);
}
