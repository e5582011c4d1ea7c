import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { loadTokenizer } from '@mmolre/encoders';
import { findModel, folderPlace } from '@mmolre/encoders/node';
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
  const { loadOnnxText, ONNX_FILES } = await import('@mmolre/encoders/onnx');
  const folder = await findModel(source);
  const limited = { rules, ...(maxTokens !== undefined && { maxTokens }) };
  const encoder = await loadOnnxText(folder, { ...limited, ...(file !== undefined && { file }) });
  const files = file === undefined ? ONNX_FILES : [file];
  const sentences = createSentenceEncoder(
    {
      dimension: encoder.dModel,
      identity: rest.cache && JSON.stringify(['onnx', 1, pooling, await hashOf(folder, files)]),
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

/** SHA-256 of the first of the files that is there, and of the weights that may lie beside it. */
async function hashOf(folder: string, files: readonly string[]): Promise<string> {
  const path = files.map((file) => join(folder, file)).find((file) => existsSync(file))!;
  const hash = createHash('sha256');
  for (const part of [path, `${path}_data`, `${path}.data`]) {
    if (existsSync(part)) await pipeline(createReadStream(part), hash, { end: false });
  }
  return hash.digest('hex');
}
