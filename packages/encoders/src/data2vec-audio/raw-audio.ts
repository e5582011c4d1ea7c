import { validLength } from '@mmolre/nn';

/** Added to the variance of a clip, as in `Wav2Vec2FeatureExtractor`. */
const EPSILON = 1e-7;

/** The kernel and stride of one convolution without padding. */
export type ConvShape = { kernel: number; stride: number };

/** Frames that convolutions without padding leave of that many samples: floor((L - k) / s) + 1 for each. */
export function frameLength(samples: number, convs: readonly ConvShape[]): number {
  return convs.reduce((length, { kernel, stride }) => validLength(length, kernel, stride), samples);
}

/** The fewest samples that give one frame. */
export function receptiveField(convs: readonly ConvShape[]): number {
  return convs.reduceRight((length, { kernel, stride }) => (length - 1) * stride + kernel, 1);
}

/**
 * A clip as raw-audio encoders want it: cut at `maxSamples`, zero mean and unit (population) variance, and filled up with 0 where it is
 * shorter than `minSamples`. Silence stays 0.
 *
 * @throws If the clip is empty or holds a number that is not finite.
 */
export function normaliseClip(clip: Float32Array, maxSamples: number, minSamples: number): Float32Array {
  const cut = clip.subarray(0, maxSamples);
  if (cut.length === 0) throw new Error('audio clip: expected at least one sample, found none');
  let sum = 0;
  for (const sample of cut) sum += sample;
  const mean = sum / cut.length;
  let squares = 0;
  for (const sample of cut) squares += (sample - mean) ** 2;
  if (!Number.isFinite(squares)) {
    throw new Error(`audio clip: sample ${cut.findIndex((sample) => !Number.isFinite(sample))} is not a finite number`);
  }
  const scale = 1 / Math.sqrt(squares / cut.length + EPSILON);
  const normal = new Float32Array(Math.max(cut.length, minSamples));
  for (let i = 0; i < cut.length; i++) normal[i] = (cut[i]! - mean) * scale;
  return normal;
}
