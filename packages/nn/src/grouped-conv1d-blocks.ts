import * as tf from '@tensorflow/tfjs';

// B batch, T input frames, F output frames, K kernel, G groups, c and o channels of a group (in, out), m output frames of a block, N blocks

export type GroupedConv1dOptions = {
  /** 1 */ stride?: number;
  /** Channels are cut into this many groups that do not see each other: 1. */
  groups?: number;
  /** Zero frames put before and after: none. */
  padding?: readonly [before: number, after: number];
};

/** Columns that a block's product aims for: narrow products run far below the speed of wide ones. */
const WIDE = 288;

/** Frames left of `length`, padding included, by a convolution: floor((length - kernel) / stride) + 1, and 0 where the kernel does not fit. */
export function validLength(length: number, kernel: number, stride: number): number {
  return Math.max(0, Math.floor((length - kernel) / stride) + 1);
}

/** The sizes of a convolution and of its blocks. */
export type Plan = {
  B: number;
  T: number;
  F: number;
  K: number;
  G: number;
  c: number;
  o: number;
  /** Output frames of a block. */ m: number;
  /** Blocks of a clip. */ N: number;
  /** Input frames from one block to the next. */ hop: number;
  /** Input frames of a block. */ window: number;
  stride: number;
  before: number;
};

export function planBlocks(xShape: number[], weightShape: number[], options: GroupedConv1dOptions): Plan {
  const [B, T, dIn] = xShape as [number, number, number];
  const [K, c, dOut] = weightShape as [number, number, number];
  const { stride = 1, groups: G = 1, padding: [before, after] = [0, 0] } = options;
  if (dIn !== G * c)
    throw new Error(`groupedConv1d x: expected [B, T, ${G * c}] (${G} groups of ${c}), got [${xShape.join(', ')}]`);
  if (dOut % G !== 0) throw new Error(`groupedConv1d weight: ${G} groups do not divide ${dOut} output channels`);
  const F = validLength(T + before + after, K, stride);
  if (F === 0)
    throw new Error(`groupedConv1d x: expected at least ${K - before - after} frames for a kernel of ${K}, got ${T}`);
  const o = dOut / G;
  // A block of m frames multiplies (m + K - 1) / K as much as it must.
  const m = G === 1 ? 1 : Math.min(F, Math.ceil(K / 3), Math.max(1, Math.round(WIDE / o)));
  return { B, T, F, K, G, c, o, m, N: Math.ceil(F / m), hop: m * stride, window: (m - 1) * stride + K, stride, before };
}

/** The windows of all blocks, [B, T, G·c] -> [G, B·N, window·c]. */
export function toWindows(x: tf.Tensor3D, { B, T, G, c, N, hop, window, before }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const pieces = Math.ceil(window / hop);
    const frames = (N + pieces - 1) * hop;
    const padded = extend(x, before, frames - before - T); // a stride can leave the last frames unread
    const hops = tf.reshape(padded, [B, N + pieces - 1, hop * G * c]);
    const parts = Array.from({ length: pieces }, (_, i) => {
      const size = Math.min(hop, window - i * hop);
      return tf.slice(hops, [0, i, 0], [B, N, size * G * c]);
    });
    const rows = parts.length === 1 ? parts[0]! : tf.concat(parts, 2);
    if (G === 1) return tf.reshape(rows, [1, B * N, window * c]) as tf.Tensor3D;
    const grouped = tf.transpose(tf.reshape(rows, [B * N, window, G, c]), [2, 0, 1, 3]);
    return tf.reshape(grouped, [G, B * N, window * c]) as tf.Tensor3D;
  });
}

/** The adjoint of `toWindows`: what each frame gets from every window it stands in. */
export function fromWindows(windows: tf.Tensor, { B, T, G, c, N, hop, window, before }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const pieces = Math.ceil(window / hop);
    const frames = (N + pieces - 1) * hop;
    const rows =
      G === 1
        ? tf.reshape(windows, [B, N, window * c])
        : tf.reshape(tf.transpose(tf.reshape(windows, [G, B * N, window, c]), [1, 2, 0, 3]), [B, N, window * G * c]);
    const parts = Array.from({ length: pieces }, (_, i) => {
      const size = Math.min(hop, window - i * hop);
      const part = tf.slice(rows, [0, 0, i * hop * G * c], [B, N, size * G * c]);
      return tf.pad(part, [
        [0, 0],
        [i, pieces - 1 - i],
        [0, (hop - size) * G * c],
      ]);
    });
    return extend(tf.reshape(tf.addN(parts), [B, frames, G * c]), -before, before + T - frames);
  });
}

/** Zero frames put before and after [B, T, D]; where a number is negative, frames are taken away. */
function extend(x: tf.Tensor3D, before: number, after: number): tf.Tensor3D {
  const [B, T, D] = x.shape;
  const [front, back] = [Math.max(0, before), Math.max(0, after)];
  let h = x;
  if (front + back > 0)
    h = tf.pad(h, [
      [0, 0],
      [front, back],
      [0, 0],
    ]);
  if (before < 0 || after < 0) h = tf.slice(h, [0, Math.max(0, -before), 0], [B, T + before + after, D]);
  return h;
}

/** The filter, once for each output frame of a block: [K, c, G·o] -> [G, window·c, m·o]. */
export function toMatrix(weight: tf.Tensor3D, { K, G, c, o, m, window, stride }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const grouped = tf.transpose(tf.reshape(weight, [K, c, G, o]), [2, 0, 1, 3]);
    const column = tf.reshape(grouped, [G, K * c, o]) as tf.Tensor3D;
    if (m === 1) return column;
    const columns = Array.from({ length: m }, (_, i) =>
      tf.pad(column, [
        [0, 0],
        [i * stride * c, (m - 1 - i) * stride * c],
        [0, 0],
      ]),
    );
    return tf.reshape(tf.stack(columns, 2), [G, window * c, m * o]) as tf.Tensor3D;
  });
}

/** The adjoint of `toMatrix`. (Slices of more than four axes are very slow on the wasm backend.) */
export function fromMatrix(matrix: tf.Tensor, { K, G, c, o, m, stride }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const columns = Array.from({ length: m }, (_, i) => tf.slice(matrix, [0, i * stride * c, i * o], [G, K * c, o]));
    const grouped = tf.reshape(tf.addN(columns), [G, K, c, o]);
    return tf.reshape(tf.transpose(grouped, [1, 2, 0, 3]), [K, c, G * o]) as tf.Tensor3D;
  });
}

/** [G, B·N, m·o] -> [B, F, G·o] */
export function fromBlocks(blocks: tf.Tensor, { B, F, G, o, m, N }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const split = tf.reshape(blocks, [G, B, N * m, o]);
    const frames = tf.reshape(G === 1 ? split : tf.transpose(split, [1, 2, 0, 3]), [B, N * m, G * o]) as tf.Tensor3D;
    return extend(frames, 0, F - N * m);
  });
}

/** The adjoint of `fromBlocks`. */
export function toBlocks(dy: tf.Tensor3D, { B, F, G, o, m, N }: Plan): tf.Tensor3D {
  return tf.tidy(() => {
    const padded = extend(dy, 0, N * m - F);
    const split = tf.reshape(padded, [B, N * m, G, o]);
    return tf.reshape(G === 1 ? split : tf.transpose(split, [2, 0, 1, 3]), [G, B * N, m * o]) as tf.Tensor3D;
  });
}
