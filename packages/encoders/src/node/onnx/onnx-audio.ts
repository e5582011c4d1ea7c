import { CONFIG_FILE, INPUT_FILE } from '../../checkpoint/weight-files';

import { SAMPLE_RATE } from '../../compact/log-mel';
import { checkInput } from '../../data2vec-audio/data2vec-audio-pretrained';
import { type ConvShape, frameLength, normaliseClip, receptiveField } from '../../data2vec-audio/raw-audio';
import { nameAt, readJsonAt, requireJsonAt } from '../../place';
import { folderPlace } from '../folder-place';
import { createOnnxEncoder, type OnnxEncoder, type OnnxOptions } from './onnx-encoder';
import { type FindOnnxOptions, findOnnx } from './onnx-folder';
import type { OnnxFeed } from './onnx-protocol';
import { openOnnx } from './onnx-session';

export type OnnxAudioOptions = OnnxOptions & {
  /** A clip is cut at this length: 6, as in MMML. */
  maxSeconds?: number;
} & Pick<FindOnnxOptions, 'settings' | 'onProgress' | 'log'>;

/**
 * A frozen audio encoder on raw samples from an ONNX file: Data2Vec-audio, wav2vec 2.0, HuBERT, WavLM. Clips are mono, at 16 kHz; they
 * get zero mean and unit variance, and one too short for a frame is filled up with 0.
 *
 * A model without an input `attention_mask`, or whose feature extractor normalises over time (`feat_extract_norm: group`), cannot tell
 * padding from sound: its clips are run one by one.
 *
 * @param source A folder with config.json and the ONNX file, or `hf:owner/name[@revision]` on the Hugging Face hub. Of a folder, nothing
 *   is asked of the network.
 * @throws One error for people: no library is installed, a file is missing, or the model has other inputs (they are listed).
 */
export async function loadOnnxAudio(
  source: string,
  options: OnnxAudioOptions = {},
): Promise<OnnxEncoder<Float32Array>> {
  const { folder, file } = await findOnnx(source, options);
  const place = folderPlace(folder);
  const json = await requireJsonAt(place, CONFIG_FILE, 'the folder of a Hugging Face model');
  const { convs, isGroupNormed } = readConvs(json, nameAt(place, CONFIG_FILE));
  checkInput(await readJsonAt(place, INPUT_FILE), nameAt(place, INPUT_FILE));
  const { maxSeconds = 6 } = options;
  const maxSamples = Math.round(maxSeconds * SAMPLE_RATE);
  if (!(maxSamples >= 1)) throw new Error(`maxSeconds: expected a positive number, got ${maxSeconds}`);
  const session = await openOnnx(file, options);
  const encoder = createOnnxEncoder<Float32Array, Float32Array>(
    {
      file,
      session,
      read: (clip) => normaliseClip(clip, maxSamples, receptiveField(convs)),
      feeds: audioFeeds,
      lengthOf: (row) => frameLength(row.length, convs),
      keyOf: (row) => row,
      aloneOnly: !session.inputs.includes('attention_mask')
        ? 'it has no input attention_mask'
        : isGroupNormed
          ? 'its feature extractor normalises over time (feat_extract_norm: group)'
          : undefined,
      sample: new Float32Array(SAMPLE_RATE / 10),
    },
    options,
  );
  return encoder.catch(async (error) => {
    await session.close();
    throw error;
  });
}

function audioFeeds(rows: readonly Float32Array[]): Record<string, OnnxFeed> {
  const T = Math.max(...rows.map((row) => row.length));
  const dims = [rows.length, T];
  const values = new Float32Array(rows.length * T);
  const mask = new BigInt64Array(rows.length * T);
  rows.forEach((row, b) => {
    values.set(row, b * T);
    mask.fill(1n, b * T, b * T + row.length);
  });
  return {
    input_values: { type: 'float32', data: values, dims },
    attention_mask: { type: 'int64', data: mask, dims },
  };
}

/** The convolutions that samples go through, from a config.json. */
function readConvs(json: Record<string, unknown>, name: string): { convs: ConvShape[]; isGroupNormed: boolean } {
  const isList = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length > 0 && value.every((one) => Number.isSafeInteger(one) && one > 0);
  const { conv_kernel: kernels = [10, 3, 3, 3, 3, 2, 2], conv_stride: strides = [5, 2, 2, 2, 2, 2, 2] } = json;
  if (!isList(kernels) || !isList(strides) || kernels.length !== strides.length) {
    throw new Error(
      `${name}: conv_kernel, conv_stride: expected two lists of whole numbers of one length, found ${JSON.stringify(kernels)} and ${JSON.stringify(strides)}`,
    );
  }
  if (json.add_adapter)
    throw new Error(`${name}: add_adapter: expected false, found true: frames behind an adapter cannot be told apart`);
  // Data2Vec has no such setting: it always normalises each frame.
  const norm = json.feat_extract_norm ?? (json.model_type === 'data2vec-audio' ? 'layer' : 'group');
  return { convs: kernels.map((kernel, i) => ({ kernel, stride: strides[i]! })), isGroupNormed: norm !== 'layer' };
}
