import { numbersOf, product } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { logMel, melFrames, SAMPLE_RATE } from './log-mel';
import { pitchOf } from './pitch';

// T frames of 10 ms, M mel bands

const COEFFICIENTS = 20;
const MEL = { numBands: 40, lowest: 60, highest: 7600 };
/** The shortest clip that has a frame, 32 ms; what is shorter is padded. */
const SHORTEST = 512;

/** Numbers that a recording becomes. */
export const FUNCTIONALS = 4 * 2 * (COEFFICIENTS + 2) + 2;
/** What a standardised one is cut at, in deviations: other rooms and lengths may be far off. */
export const FARTHEST_FUNCTIONAL = 5;

const known = new WeakMap<Float32Array, Map<number, Float32Array>>();

/**
 * What a voice is like, over a whole recording: mean, deviation, 10th and 90th percentile of 20 MFCC, of log energy and of the voiced frames'
 * log F0, and of their deltas; the share of voiced frames, and log seconds. Computed once a recording, by its samples' identity.
 *
 * @param clip Mono samples at 16 kHz.
 * @param maxSeconds Where it is cut.
 * @returns `FUNCTIONALS` finite numbers, of silence and of no samples too.
 */
export function functionalsOf(clip: Float32Array, maxSeconds: number): Float32Array {
  const samples = Math.min(clip.length, Math.floor(maxSeconds * SAMPLE_RATE));
  const ofClip = known.get(clip) ?? new Map<number, Float32Array>();
  known.set(clip, ofClip);
  const found = ofClip.get(samples) ?? compute(clip.subarray(0, samples));
  ofClip.set(samples, found);
  return found;
}

function compute(clip: Float32Array): Float32Array {
  const padded = new Float32Array(Math.max(SHORTEST, clip.length));
  padded.set(clip);
  const pitch = pitchOf(padded);
  const voiced = pitch.filter((hz) => hz > 0).map(Math.log);
  const contours = [...mfcc(padded), energyOf(padded), voiced];
  const numbers = [...contours, ...contours.map(deltaOf)].flatMap(summary);
  return Float32Array.from([...numbers, voiced.length / pitch.length, Math.log(padded.length / SAMPLE_RATE)]);
}

/** Each of the first 20 coefficients over time: the cosine transform, orthonormal, of 40 log-mel bands. @returns [20][T] */
export function mfcc(clip: Float32Array): number[][] {
  const T = melFrames(clip.length);
  const values = numbersOf(() => {
    const bands = tf.reshape(logMel(tf.tensor2d(clip, [1, clip.length]), MEL), [T, MEL.numBands]) as tf.Tensor2D;
    return product(cosines(), bands, false, true);
  });
  return Array.from({ length: COEFFICIENTS }, (_, c) => Array.from(values.subarray(c * T, (c + 1) * T)));
}

/** [20, M] */
function cosines(): tf.Tensor2D {
  const M = MEL.numBands;
  const row = (c: number) =>
    Array.from({ length: M }, (_, m) => Math.sqrt((c === 0 ? 1 : 2) / M) * Math.cos((Math.PI * c * (m + 0.5)) / M));
  return tf.tensor2d(Array.from({ length: COEFFICIENTS }, (_, c) => row(c)));
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

/** The slope of the line through five neighbours; the first and the last repeat. */
export function deltaOf(contour: readonly number[]): number[] {
  const last = contour.length - 1;
  const at = (t: number) => contour[Math.max(0, Math.min(last, t))]!;
  return contour.map((_, t) => (at(t + 1) - at(t - 1) + 2 * (at(t + 2) - at(t - 2))) / 10);
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
    return sorted[low]! + (at - low) * (sorted[Math.min(n - 1, low + 1)]! - sorted[low]!);
  };
  return [mean, Math.sqrt(variance), percentile(0.1), percentile(0.9)];
}
