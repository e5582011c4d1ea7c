import { logMel, melFrames, SAMPLE_RATE } from '@mmolre/encoders';
import * as tf from '@tensorflow/tfjs';
import { pitchOf } from './pitch';

// T frames of 10 ms, M mel bands

const COEFFICIENTS = 20;
const MEL = { numBands: 40, lowest: 60, highest: 7600 };
/** Frames on either side of one that its delta looks at. */
const REACH = 2;
/** The shortest clip that has a frame, 32 ms; what is shorter is padded. */
const SHORTEST = 512;

/** Numbers that a recording becomes. */
export const FUNCTIONALS = 4 * (2 * COEFFICIENTS + 2 * 2) + 2;

const known = new WeakMap<Float32Array, Float32Array>();

/**
 * What a voice is like, over a whole recording: mean, deviation, 10th and 90th percentile of 20 MFCC, of log energy and of the voiced frames'
 * log F0, and of their deltas; the share of voiced frames, and log seconds. Computed once a recording, by its samples' identity.
 *
 * @param clip Mono samples at 16 kHz.
 * @returns `FUNCTIONALS` finite numbers, of silence and of no samples too.
 */
export function functionalsOf(clip: Float32Array): Float32Array {
  const found = known.get(clip) ?? compute(clip);
  known.set(clip, found);
  return found;
}

function compute(clip: Float32Array): Float32Array {
  const padded = new Float32Array(Math.max(SHORTEST, clip.length));
  padded.set(clip);
  const cepstra = mfcc(padded);
  const pitch = pitchOf(padded);
  const voiced = pitch.filter((hz) => hz > 0).map(Math.log);
  const contours = [...cepstra, energyOf(padded)];
  const numbers = [...contours, ...contours.map(deltaOf), voiced, deltaOf(voiced)].flatMap(summary);
  return Float32Array.from([...numbers, voiced.length / pitch.length, Math.log(padded.length / SAMPLE_RATE)]);
}

/** Each of the first coefficients over time: the cosine transform, orthonormal, of the log-mel bands. @returns [20][T] */
export function mfcc(clip: Float32Array): number[][] {
  const M = MEL.numBands;
  const T = melFrames(clip.length);
  const bands = tf.tidy(() => logMel(tf.tensor2d(clip, [1, clip.length]), MEL).dataSync());
  return Array.from({ length: COEFFICIENTS }, (_, c) => {
    const wave = Float64Array.from({ length: M }, (_, m) => Math.cos((Math.PI * c * (m + 0.5)) / M));
    const scale = Math.sqrt((c === 0 ? 1 : 2) / M);
    return Array.from({ length: T }, (_, t) => {
      let sum = 0;
      for (let m = 0; m < M; m++) sum += wave[m]! * bands[t * M + m]!;
      return scale * sum;
    });
  });
}

/** Log power of each 25 ms, every 10 ms. */
function energyOf(clip: Float32Array): number[] {
  const [hop, window] = [0.01 * SAMPLE_RATE, 0.025 * SAMPLE_RATE];
  return Array.from({ length: Math.floor((clip.length - window) / hop) + 1 }, (_, t) => {
    let sum = 0;
    for (let i = t * hop; i < t * hop + window; i++) sum += clip[i]! ** 2;
    return Math.log(sum / window + 1e-8);
  });
}

/** The slope of the line through five neighbours; the ends repeat. */
export function deltaOf(contour: readonly number[]): number[] {
  const last = contour.length - 1;
  const at = (t: number) => contour[Math.max(0, Math.min(last, t))]!;
  const weight = 2 * (1 + 4);
  return contour.map((_, t) => {
    let sum = 0;
    for (let k = 1; k <= REACH; k++) sum += k * (at(t + k) - at(t - k));
    return sum / weight;
  });
}

/** Mean, deviation, 10th and 90th percentile; zeros of nothing. */
export function summary(contour: readonly number[]): number[] {
  const n = contour.length;
  if (n === 0) return [0, 0, 0, 0];
  const mean = contour.reduce((sum, x) => sum + x, 0) / n;
  const variance = contour.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
  const sorted = contour.toSorted((a, b) => a - b);
  const percentile = (share: number) => {
    const at = share * (n - 1);
    const low = Math.floor(at);
    const next = sorted[Math.min(n - 1, low + 1)]!;
    return sorted[low]! + (at - low) * (next - sorted[low]!);
  };
  return [mean, Math.sqrt(variance), percentile(0.1), percentile(0.9)];
}
