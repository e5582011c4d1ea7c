import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import { readCheckpoint, WEIGHTS_FILE } from '../checkpoint/checkpoint';
import { SAMPLE_RATE } from '../compact/log-mel';
import { type FindModelOptions, findModel } from '../node/hub/find-model';
import { writeCheckpoint } from '../node/write-checkpoint';
import { data2VecAudioLayout } from './data2vec-audio-checkpoint';
import { type Data2VecAudioConfig, data2VecAudioConfigJson, readData2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecAudioParams } from './data2vec-audio-params';

/** A Data2Vec-audio encoder with what its folder says of it. */
export type PretrainedAudio = {
  config: Data2VecAudioConfig;
  params: Data2VecAudioParams;
  /** The fields of `config.json`, kept for saving. */
  configJson: Record<string, unknown>;
};

const CONFIG_FILE = 'config.json';
const INPUT_FILE = 'preprocessor_config.json';

/** How a clip becomes numbers, for `Wav2Vec2FeatureExtractor`: what `normaliseClip` and `padClips` do. */
const INPUT = {
  feature_extractor_type: 'Wav2Vec2FeatureExtractor',
  feature_size: 1,
  sampling_rate: SAMPLE_RATE,
  do_normalize: true,
  padding_side: 'right',
  padding_value: 0,
  return_attention_mask: true,
};

/**
 * Reads a Data2Vec-audio encoder: config.json, weights, and preprocessor_config.json where there is one (data2vec-audio-base has none).
 *
 * @param source A folder, or `hf:owner/name[@revision]` on the Hugging Face hub.
 * @returns Its parameters are plain tensors: `trainable(params)` makes them train, `freeze(params.feature_extractor)` not.
 * @throws One error for people: what is missing or does not fit, and what to do.
 */
export async function loadData2VecAudio(source: string, options: FindModelOptions = {}): Promise<PretrainedAudio> {
  const folder = await findModel(source, options);
  const configJson = await readJson(join(folder, CONFIG_FILE));
  if (!configJson)
    throw new Error(`${join(folder, CONFIG_FILE)}: not found; expected the folder of a Hugging Face model`);
  const config = readData2VecAudioConfig(configJson, join(folder, CONFIG_FILE));
  checkInput(await readJson(join(folder, INPUT_FILE)), join(folder, INPUT_FILE));
  const params = await readCheckpoint<Data2VecAudioParams>(folder, data2VecAudioLayout(config));
  return { config, params, configJson };
}

/** Writes a folder that `loadData2VecAudio` and Python's `transformers` read: config.json, model.safetensors, preprocessor_config.json. */
export async function saveData2VecAudio(
  folder: string,
  { config, params, configJson }: PretrainedAudio,
): Promise<void> {
  const write = (name: string, json: unknown) =>
    writeFileSafely(join(folder, name), `${JSON.stringify(json, null, 2)}\n`);
  await write(CONFIG_FILE, data2VecAudioConfigJson(config, configJson));
  await write(INPUT_FILE, INPUT);
  await writeCheckpoint(join(folder, WEIGHTS_FILE), params, data2VecAudioLayout(config));
}

function checkInput(json: Record<string, unknown> | undefined, name: string): void {
  const { sampling_rate: rate, do_normalize: normalise } = { ...INPUT, ...json };
  const problems = [
    ...(rate === SAMPLE_RATE ? [] : [`sampling_rate: expected ${SAMPLE_RATE}, found ${JSON.stringify(rate)}`]),
    ...(normalise === true ? [] : [`do_normalize: expected true, found ${JSON.stringify(normalise)}`]),
  ];
  if (problems.length > 0) throw new Error(`${name}: audio that this encoder does not prepare: ${problems.join('; ')}`);
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`${path}: could not be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
}
