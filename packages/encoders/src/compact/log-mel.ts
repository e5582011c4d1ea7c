import { product } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, S samples, T frames, F frequency bins, M mel bands

export const SAMPLE_RATE = 16_000;
/** A frame every 10 ms. */
const HOP = 160;
const WINDOW = 400;
const FFT = 512;
const BINS = FFT / 2 + 1;
/** What one frame needs: 32 ms. */
export const MIN_SAMPLES = FFT;

/** lowest, highest: in Hz. */
export type MelConfig = { numBands: number; lowest: number; highest: number };

/** Frames in that many samples: whole windows only, so at least 512 samples make one. */
export function melFrames(samples: number): number {
  return Math.max(0, Math.floor((samples - FFT) / HOP) + 1);
}

/**
 * Log-mel spectrogram: Hann window of 25 ms, hop of 10 ms, power spectrum, triangular bands even on the HTK mel scale,
 * log(power + 1e-6). As `torchaudio.transforms.MelSpectrogram(16000, 512, 400, 160, center=False)`; the Fourier transform is a
 * matrix product, so that it runs on every backend.
 *
 * @param samples [B, S] at 16 kHz, S >= 512
 * @returns [B, T, M]
 */
export function logMel(samples: tf.Tensor2D, config: MelConfig): tf.Tensor3D {
  return tf.tidy(() => {
    const [B, S] = samples.shape;
    const T = melFrames(S);
    if (T < 1) throw new Error(`logMel samples: expected at least ${FFT} samples, got ${S}`);
    const hops = Math.ceil(FFT / HOP);
    const padded = tf.pad(samples, [
      [0, 0],
      [0, Math.max(0, (T - 1 + hops) * HOP - S)],
    ]);
    const parts = Array.from({ length: hops }, (_, i) =>
      tf.reshape(tf.slice(padded, [0, i * HOP], [B, T * HOP]), [B * T, HOP]),
    );
    const frames = tf.slice(tf.concat(parts, 1), [0, 0], [B * T, FFT]) as tf.Tensor2D;
    const spectrum = product(frames, fourierMatrix());
    const [real, imaginary] = tf.split(tf.square(spectrum), 2, 1);
    const bands = product(tf.add(real!, imaginary!), melMatrix(config));
    return tf.reshape(tf.log(tf.add(bands, 1e-6)), [B, T, config.numBands]);
  });
}

let fourier: Float32Array | undefined;

/** [512, 2F]: the windowed cosines, then the sines; computed once. The window stands in the middle of the frame. */
function fourierMatrix(): tf.Tensor2D {
  fourier ??= fourierValues();
  return tf.tensor2d(fourier, [FFT, 2 * BINS]);
}

function fourierValues(): Float32Array {
  const matrix = new Float32Array(FFT * 2 * BINS);
  const before = (FFT - WINDOW) / 2;
  for (let n = 0; n < WINDOW; n++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW);
    const row = (n + before) * 2 * BINS;
    for (let f = 0; f < BINS; f++) {
      const angle = (2 * Math.PI * f * (n + before)) / FFT;
      matrix[row + f] = window * Math.cos(angle);
      matrix[row + BINS + f] = window * Math.sin(angle);
    }
  }
  return matrix;
}

/** [F, M] triangles between neighbouring band centres. */
function melMatrix({ numBands, lowest, highest }: MelConfig): tf.Tensor2D {
  const toMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const toHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);
  const step = (toMel(highest) - toMel(lowest)) / (numBands + 1);
  const edges = Array.from({ length: numBands + 2 }, (_, i) => toHz(toMel(lowest) + i * step));
  const matrix = new Float32Array(BINS * numBands);
  for (let f = 0; f < BINS; f++) {
    const hz = (f * SAMPLE_RATE) / FFT;
    for (let m = 0; m < numBands; m++) {
      const [left, centre, right] = [edges[m]!, edges[m + 1]!, edges[m + 2]!];
      matrix[f * numBands + m] = Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
    }
  }
  return tf.tensor2d(matrix, [BINS, numBands]);
}
