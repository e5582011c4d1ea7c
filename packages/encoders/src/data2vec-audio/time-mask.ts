import { createRng, type Mode, modeFor } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, T frames, D dModel

/** Spans to hide along one axis, as SpecAugment and wav2vec 2.0 draw them. */
export type SpanConfig = {
  /** Share of the axis that spans would cover if none overlapped: 0 .. 1. */
  prob: number;
  /** Entries of one span. */
  length: number;
  /** Spans drawn at least, where they fit. */
  minSpans: number;
};

/** Gaps in time, filled with a learned vector, and in the channels, set to 0. */
export type TimeMaskConfig = { time: SpanConfig; feature: SpanConfig };

/**
 * In training, hides spans of frames behind `embed` and spans of channels behind 0; otherwise x itself. Each clip is treated in its
 * own way, and a clip's spans start and end within its real frames.
 *
 * @param x [B, T, D]
 * @param embed [D], the checkpoint's `masked_spec_embed`
 * @param lengths Real frames of each clip.
 * @see SpecAugment (Park et al., 2019); the way of drawing is that of `transformers`, the random numbers are not. Where `transformers` refuses clips
 *   shorter than a span, such clips keep all of their frames here.
 */
export function timeMask(
  x: tf.Tensor3D,
  embed: tf.Tensor1D | undefined,
  lengths: readonly number[],
  config: TimeMaskConfig,
  mode: Mode,
): tf.Tensor3D {
  if (!mode.training) return x;
  const [B, T, D] = x.shape;
  return tf.tidy(() => {
    let h = x;
    if (config.time.prob > 0) {
      if (!embed)
        throw new Error('timeMask: time masking needs the vector masked_spec_embed, which these parameters lack');
      const hidden = tf.tensor3d(maskedSpans(lengths, T, config.time, modeFor(mode, 0)), [B, T, 1]);
      h = tf.add(tf.mul(h, tf.sub(1, hidden)), tf.mul(hidden, tf.reshape(embed, [1, 1, D])));
    }
    if (config.feature.prob > 0) {
      const all = Array.from({ length: B }, () => D);
      h = tf.mul(h, tf.sub(1, tf.tensor3d(maskedSpans(all, D, config.feature, modeFor(mode, 1)), [B, 1, D])));
    }
    return h;
  });
}

/**
 * Which entries are hidden: 1 in a row of `size` for each length. The number of spans is prob · length / span, rounded up or down at
 * random (the same draw for all rows), at least `minSpans`, at most what fits; their starts are different, the spans may overlap.
 */
export function maskedSpans(lengths: readonly number[], size: number, config: SpanConfig, mode: Mode): Float32Array {
  const { prob, length: span, minSpans } = config;
  const rng = createRng(mode.seed);
  const rounding = rng.uniform();
  const masked = new Float32Array(lengths.length * size);
  lengths.forEach((length, b) => {
    const starts = Math.max(0, length - span + 1);
    const wanted = Math.max(minSpans, Math.floor((prob * length) / span + rounding));
    const count = Math.min(wanted, Math.floor(size / span), starts);
    for (const start of distinct(count, starts, rng.uniform)) {
      masked.fill(1, b * size + start, b * size + start + span);
    }
  });
  return masked;
}

/** `count` different integers below `below` (Floyd's way: one draw each). */
function distinct(count: number, below: number, uniform: () => number): Set<number> {
  const chosen = new Set<number>();
  for (let i = below - count; i < below; i++) {
    const drawn = Math.floor(uniform() * (i + 1));
    chosen.add(chosen.has(drawn) ? i : drawn);
  }
  return chosen;
}
