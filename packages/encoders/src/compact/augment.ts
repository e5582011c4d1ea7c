import { createRng, type Mode, matMul, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { AudioInput } from '../encoder';

/** Changes to log-mel frames in training that keep what is said and how: another vocal tract, another pace, a part, gaps in time and frequency. */
export type AugmentConfig = {
  /** Bands are read at f · (1 ± up to this): a longer or shorter vocal tract. */
  frequencyWarp: number;
  /** Frames are read at a pace of 1 ± up to this. */
  tempo: number;
  /** Of the frames, the share that a window somewhere in them keeps; 1: all. */
  crop: number;
  /** Widest gap in time, as a share of the frames. */
  timeMask: number;
  /** Widest gap in frequency, in bands. */
  frequencyMask: number;
  /** Gaps of each kind. */
  numMasks: number;
};

/**
 * Pace and window, frequency warping, then SpecAugment's masks (set to 0, the mean of normalised frames).
 *
 * @param frames [B, T, M]
 * @param mask [B, T], 1 = real frame; the real ones come first.
 * @returns Frames and mask of as many frames as the longest clip has then. In evaluation the very tensors.
 */
export function augment(frames: tf.Tensor3D, mask: tf.Tensor2D, config: AugmentConfig, mode: Mode): AudioInput {
  if (!mode.training) return { frames, mask };
  const rng = createRng(mode.seed);
  return tf.tidy(() => {
    const read = config.tempo > 0 || config.crop < 1 ? readAnew(frames, mask, config, rng) : { frames, mask };
    return { frames: maskedAndWarped(read.frames, config, rng), mask: read.mask };
  });
}

/** Each clip at a pace of its own, from a window somewhere in it: each new frame between two old ones. */
function readAnew(frames: tf.Tensor3D, mask: tf.Tensor2D, { tempo, crop }: AugmentConfig, rng: Rng): AudioInput {
  const [B, T] = mask.shape;
  const clips = [...tf.sum(mask, 1).dataSync()].map((length) => {
    const pace = 1 + (2 * rng.uniform() - 1) * tempo;
    const wanted = Math.max(1, Math.floor(length * crop));
    const count = Math.max(1, Math.min(wanted, Math.floor((length - 1) / pace) + 1));
    const start = rng.uniform() * Math.max(0, length - 1 - (count - 1) * pace);
    return { length, pace, count, start };
  });
  const longest = Math.max(...clips.map(({ count }) => count));
  const reading = new Float32Array(B * longest * T);
  const kept = new Float32Array(B * longest);
  clips.forEach(({ length, pace, count, start }, b) => {
    for (let t = 0; t < Math.min(count, length); t++) {
      const at = Math.min(length - 1, start + t * pace);
      const below = Math.floor(at);
      const row = (b * longest + t) * T;
      reading[row + below]! += 1 - (at - below);
      if (below + 1 < length) reading[row + below + 1]! += at - below;
      kept[b * longest + t] = 1;
    }
  });
  return {
    frames: matMul(tf.tensor3d(reading, [B, longest, T]), frames),
    mask: tf.tensor2d(kept, [B, longest]),
  };
}

function maskedAndWarped(frames: tf.Tensor3D, config: AugmentConfig, rng: Rng): tf.Tensor3D {
  const [B, T, M] = frames.shape;
  const warps = new Float32Array(B * M * M);
  const gaps = new Float32Array(B * T).fill(1);
  const bandGaps = new Float32Array(B * M).fill(1);
  for (let b = 0; b < B; b++) {
    const factor = 1 + (2 * rng.uniform() - 1) * config.frequencyWarp;
    for (let m = 0; m < M; m++) {
      const at = Math.min(M - 1, m * factor);
      const below = Math.floor(at);
      // Column m of the warp reads between two bands.
      warps[(b * M + below) * M + m]! += 1 - (at - below);
      if (below + 1 < M) warps[(b * M + below + 1) * M + m]! += at - below;
    }
    for (let i = 0; i < config.numMasks; i++) {
      clear(gaps, b * T, T, Math.floor(rng.uniform() * config.timeMask * T), rng.uniform());
      clear(bandGaps, b * M, M, Math.floor(rng.uniform() * (config.frequencyMask + 1)), rng.uniform());
    }
  }
  const warped = config.frequencyWarp > 0 ? matMul(frames, tf.tensor3d(warps, [B, M, M])) : frames;
  return tf.mul(tf.mul(warped, tf.tensor3d(gaps, [B, T, 1])), tf.tensor3d(bandGaps, [B, 1, M]));
}

/** Zeroes up to `wanted` entries of the row of `size` that begins at `start`, at a place between its ends. */
function clear(values: Float32Array, start: number, size: number, wanted: number, place: number): void {
  const width = Math.min(wanted, size);
  const from = start + Math.floor(place * (size - width + 1));
  values.fill(0, from, from + width);
}
