import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Places } from './kernels/types';
import { oneNode } from './one-node';

// B batch, T time, D dModel, R rows: real positions of a batch

/**
 * The positions of a padded batch, and where in it its rows stand. Most of what a layer does, it does to each position by itself: on rows of the
 * real ones alone, padding costs nothing.
 */
export type Layout = Places & { /** [B, T], 1 = real position */ mask: tf.Tensor2D };

/** The real positions' vectors, [R, D], sequence by sequence; all positions' where the layout leaves none out. */
export type Rows = { rows: tf.Tensor2D; layout: Layout };

/** Backends on which a small tensor is read back without waiting for much; on a GPU rows are not packed. */
export const READS_BACK_CHEAPLY: ReadonlySet<string> = new Set(['tensorflow', 'wasm', 'cpu']);

/** Every position has its row. */
export function fullLayout(mask: tf.Tensor2D): Layout {
  const [B, T] = mask.shape;
  return { B, T, mask };
}

/** Only real positions have a row, if there are others, and any at all. Its tensors are the caller's. */
export function layoutOf(mask: tf.Tensor2D): Layout {
  const full = fullLayout(mask);
  if (!READS_BACK_CHEAPLY.has(tf.getBackend())) return full;
  const real = mask.dataSync();
  const positions: number[] = [];
  const rows = new Int32Array(real.length);
  for (let i = 0; i < real.length; i++) if (real[i]) rows[i] = positions.push(i) - 1;
  const R = positions.length;
  if (R === 0 || R === real.length) return full;
  for (let i = 0; i < real.length; i++) if (!real[i]) rows[i] = R;
  return { ...full, packed: { positions: tf.tensor1d(positions, 'int32'), rows: tf.tensor1d(rows, 'int32') } };
}

/** The rows of a padded batch. */
export function rowsOf(x: tf.Tensor3D, mask: tf.Tensor2D): Rows {
  const layout = layoutOf(mask);
  return { rows: pack(x, layout), layout };
}

/** [B, T, D] -> [R, D] */
export function pack(x: tf.Tensor3D, { packed }: Layout): tf.Tensor2D {
  const all = asRows(x);
  return packed ? moveRows(all, packed.positions, packed.rows) : all;
}

/** [R, D] -> [B, T, D], 0 where there is no row. */
export function unpack(rows: tf.Tensor2D, { B, T, packed }: Layout): tf.Tensor3D {
  return reshape(packed ? moveRows(rows, packed.rows, packed.positions) : rows, [B, T, -1]);
}

/** @param back Where each row went; its number of rows where nowhere. */
function moveRows(rows: tf.Tensor2D, index: tf.Tensor1D, back: tf.Tensor1D): tf.Tensor2D {
  return oneNode<tf.Tensor2D>([rows], (save) => {
    save([back]);
    return {
      value: kernels().takeRows(rows, index),
      gradient: (dy, [back]) => [kernels().takeRows(dy, back as tf.Tensor1D)],
    };
  });
}

/** [..., D] -> [R, D], all positions' vectors; what is so already is returned itself. */
export function asRows(x: tf.Tensor): tf.Tensor2D {
  return x.rank === 2 ? (x as tf.Tensor2D) : reshape(x, [-1, x.shape.at(-1)!]);
}

/** Rows of any width, where those of another tensor stand in it: [R, E] -> [..., E] for a shape [..., D]. */
export function asIn(rows: tf.Tensor2D, shape: readonly number[]): tf.Tensor {
  return shape.length === 2 ? rows : reshape(rows, [...shape.slice(0, -1), rows.shape[1]!]);
}

/** `tf.reshape`, for whose gradient the tape keeps nothing: with that of tfjs it holds x to the end of the step. */
export function reshape<T extends tf.Tensor>(x: tf.Tensor, shape: number[]): T {
  if (!tf.engine().isTapeOn()) return tf.reshape(x, shape) as T;
  return oneNode<T>([x], () => ({
    value: tf.reshape(x, shape) as T,
    gradient: (dy) => [tf.reshape(dy, x.shape)],
  }));
}
