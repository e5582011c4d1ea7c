import { createRng, type Mode } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** Changes to log-mel frames in training that keep what is said and how: another vocal tract, gaps in time, gaps in frequency. */
export type AugmentConfig = {
  /** Bands are read at f · (1 ± up to this): a longer or shorter vocal tract. */
  frequencyWarp: number;
  /** Widest gap in time, as a share of the frames. */
  timeMask: number;
  /** Widest gap in frequency, in bands. */
  frequencyMask: number;
  /** Gaps of each kind. */
  numMasks: number;
};

/** Frequency warping, then SpecAugment's masks (set to 0, the mean of normalised frames). frames [B, T, M] */
export function augment(frames: tf.Tensor3D, config: AugmentConfig, mode: Mode): tf.Tensor3D {
  if (!mode.training) return frames;
  const [B, T, M] = frames.shape;
  const rng = createRng(mode.seed);
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
  return tf.tidy(() => {
    const warped = config.frequencyWarp > 0 ? tf.matMul(frames, tf.tensor3d(warps, [B, M, M])) : frames;
    return tf.mul(tf.mul(warped, tf.tensor3d(gaps, [B, T, 1])), tf.tensor3d(bandGaps, [B, 1, M]));
  });
}

/** Zeroes up to `wanted` entries of the row of `size` that begins at `start`, at a place between its ends. */
function clear(values: Float32Array, start: number, size: number, wanted: number, place: number): void {
  const width = Math.min(wanted, size);
  const from = start + Math.floor(place * (size - width + 1));
  values.fill(0, from, from + width);
}
