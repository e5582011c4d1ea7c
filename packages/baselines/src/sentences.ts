import { type OpenOptions, openTextEncoder, textKinds, unitLength } from '@mmolre/encoders';
import { evaluating, maskedMean } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** Numbers that all-MiniLM-L6-v2 makes of a sentence. */
export const SENTENCE_WIDTH = 384;

/** A vector of length 1 for each text. */
export type Sentences = (texts: readonly string[]) => Float32Array[];

/**
 * The frozen all-MiniLM-L6-v2, the mean over a text's tokens; the one that a model reads whose text encoder is `minilm`, so that a
 * process, or the cache `frames`, computes each text once.
 *
 * @throws One line, if it cannot be had.
 */
export async function openSentences(options: Pick<OpenOptions, 'find' | 'frames' | 'log'>): Promise<Sentences> {
  const opened = await openTextEncoder({ ...textKinds.minilm.preset(), project: false }, SENTENCE_WIDTH, options);
  const encoder = opened.over({});
  return (texts) => {
    const rows = tf.tidy(() => {
      const { hidden, mask } = encoder.encode(encoder.prepare(texts), evaluating);
      return unitLength(maskedMean(hidden, mask)).dataSync() as Float32Array;
    });
    return texts.map((_, i) => rows.slice(i * SENTENCE_WIDTH, (i + 1) * SENTENCE_WIDTH));
  };
}
