import { type BertConfig, maxTokensOf, readBertConfig } from '../../bert/bert-config';
import type { PretrainedTextOptions } from '../../bert/pretrained-text';
import { CONFIG_FILE } from '../../checkpoint/weight-files';
import { nameAt, requireJsonAt } from '../../place';
import { textRules } from '../../tokenizer/text-rules';
import { loadTokenizer } from '../../tokenizer/tokenizer';
import { folderPlace } from '../folder-place';
import { createOnnxEncoder, type OnnxEncoder, type OnnxOptions } from './onnx-encoder';
import { type FindOnnxOptions, findOnnx } from './onnx-folder';
import type { OnnxFeed } from './onnx-protocol';
import { openOnnx } from './onnx-session';

export type OnnxTextOptions = OnnxOptions &
  PretrainedTextOptions &
  Pick<FindOnnxOptions, 'settings' | 'onProgress' | 'log'>;

/**
 * A frozen RoBERTa or BERT from an ONNX file.
 *
 * @param source A folder with config.json, a tokenizer and the ONNX file, or `hf:owner/name[@revision]` on the Hugging Face hub. Of a
 *   folder, nothing is asked of the network.
 * @throws One error for people: no library is installed, a file is missing, or the model has other inputs (they are listed).
 */
export async function loadOnnxText(source: string, options: OnnxTextOptions = {}): Promise<OnnxEncoder<string>> {
  const { folder, file } = await findOnnx(source, options);
  const place = folderPlace(folder);
  const json = await requireJsonAt(place, CONFIG_FILE, 'the folder of a Hugging Face model');
  const config = readBertConfig(json, nameAt(place, CONFIG_FILE));
  const { maxTokens = maxTokensOf(config), rules = 'none' } = options;
  const limit = maxTokensOf(config);
  if (!(maxTokens >= 2 && maxTokens <= limit)) {
    throw new Error(`maxTokens: expected 2 .. ${limit}, the positions of this ${config.kind}, got ${maxTokens}`);
  }
  const tokenizer = await loadTokenizer(place);
  if (tokenizer.maxId >= config.vocabSize) {
    throw new Error(
      `${folder}: the tokenizer gives ids up to ${tokenizer.maxId}, the model has vectors for ${config.vocabSize}: they do not belong together`,
    );
  }
  const session = await openOnnx(file, options);
  const encoder = createOnnxEncoder<string, number[]>(
    {
      file,
      session,
      read: (text) => tokenizer.encode(textRules[rules](text), maxTokens),
      feeds: (rows) => textFeeds(rows, config),
      lengthOf: (row) => row.length,
      keyOf: (row) => new Float32Array(row),
      aloneOnly: session.inputs.includes('attention_mask') ? undefined : 'it has no input attention_mask',
      sample: 'a',
    },
    options,
  );
  return encoder.catch(async (error) => {
    await session.close();
    throw error;
  });
}

function textFeeds(rows: readonly number[][], { padId }: BertConfig): Record<string, OnnxFeed> {
  const T = Math.max(...rows.map((row) => row.length));
  const dims = [rows.length, T];
  const ids = new BigInt64Array(rows.length * T).fill(BigInt(padId));
  const mask = new BigInt64Array(rows.length * T);
  rows.forEach((row, b) => {
    ids.set(row.map(BigInt), b * T);
    mask.fill(1n, b * T, b * T + row.length);
  });
  return {
    input_ids: { type: 'int64', data: ids, dims },
    attention_mask: { type: 'int64', data: mask, dims },
    token_type_ids: { type: 'int64', data: new BigInt64Array(rows.length * T), dims },
  };
}
