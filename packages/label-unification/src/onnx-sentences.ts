import { loadTokenizer } from '@mmolre/encoders';
import { folderPlace } from '@mmolre/encoders/node';
import { maskedMean } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type TokenOptions, tokensOf } from './pretrained-sentences';
import { createSentenceEncoder, type SentenceEncoderOptions } from './sentence-encoder';
import type { SentenceEncoder } from './types';

export type OnnxSentencesOptions = SentenceEncoderOptions &
  TokenOptions & {
    /** An ONNX file's output is one vector a token: its first one, or their mean. */
    pooling: 'first' | 'mean';
    /** The ONNX file inside of the folder: `onnx/model.onnx`, else `model.onnx`. */
    file?: string;
  };

/**
 * A sentence encoder from an ONNX file, run by the library that a user installs besides (see `@mmolre/encoders/onnx`).
 *
 * @param source A folder, or `hf:owner/name[@revision]` on the Hugging Face hub.
 */
export async function loadOnnxSentences(
  source: string,
  { pooling, file, maxTokens, rules = 'unimse', ...rest }: OnnxSentencesOptions,
): Promise<SentenceEncoder & { close(): Promise<void> }> {
  const { findOnnx, hashOnnx, loadOnnxText } = await import('@mmolre/encoders/onnx');
  const { folder, file: path } = await findOnnx(source, { file });
  const limited = { rules, ...(maxTokens !== undefined && { maxTokens }) };
  const encoder = await loadOnnxText(folder, { ...limited, ...(file !== undefined && { file }) });
  const sentences = createSentenceEncoder(
    {
      dimension: encoder.dModel,
      identity: rest.cache && JSON.stringify(['onnx', 1, pooling, await hashOnnx(path)]),
      ...tokensOf(await loadTokenizer(folderPlace(folder)), limited),
      embed: (texts) =>
        tf.tidy(() => {
          const { hidden, mask } = encoder.prepare(texts);
          if (pooling === 'mean') return maskedMean(hidden, mask);
          const [B, , D] = hidden.shape;
          return tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, D]), [B, D]);
        }),
    },
    rest,
  );
  return { ...sentences, close: () => encoder.close() };
}
