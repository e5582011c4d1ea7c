import { readCheckpoint } from '../checkpoint/checkpoint';
import { CONFIG_FILE, INPUT_FILE } from '../checkpoint/weight-files';
import { SAMPLE_RATE } from '../compact/log-mel';
import { nameAt, type Place, readJsonAt, requireJsonAt } from '../place';
import { data2VecAudioLayout } from './data2vec-audio-checkpoint';
import { type Data2VecAudioConfig, readData2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecAudioParams } from './data2vec-audio-params';

/** A Data2Vec-audio encoder with what its folder says of it. */
export type PretrainedAudio = {
  config: Data2VecAudioConfig;
  params: Data2VecAudioParams;
  /** The fields of `config.json`, kept for saving. */
  configJson: Record<string, unknown>;
};

/** How a clip becomes numbers, for `Wav2Vec2FeatureExtractor`: what `normaliseClip` and `padRows` do. */
export const INPUT = {
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
 * @returns Its parameters are plain tensors: `trainable(params)` makes them train, `freeze(params.feature_extractor)` not.
 * @throws One error for people: what is missing or does not fit, and what to do.
 */
export async function readData2VecAudio(place: Place): Promise<PretrainedAudio> {
  const configJson = await requireJsonAt(place, CONFIG_FILE, 'the folder of a Hugging Face model');
  const config = readData2VecAudioConfig(configJson, nameAt(place, CONFIG_FILE));
  checkInput(await readJsonAt(place, INPUT_FILE), nameAt(place, INPUT_FILE));
  const params = await readCheckpoint<Data2VecAudioParams>(place, data2VecAudioLayout(config));
  return { config, params, configJson };
}

/** @throws If a clip would have to be prepared in another way than `normaliseClip` and `padRows` do. */
export function checkInput(json: Record<string, unknown> | undefined, name: string): void {
  const { sampling_rate: rate, do_normalize: normalise } = { ...INPUT, ...json };
  const problems = [
    ...(rate === SAMPLE_RATE ? [] : [`sampling_rate: expected ${SAMPLE_RATE}, found ${JSON.stringify(rate)}`]),
    ...(normalise === true ? [] : [`do_normalize: expected true, found ${JSON.stringify(normalise)}`]),
  ];
  if (problems.length > 0) throw new Error(`${name}: audio that this encoder does not prepare: ${problems.join('; ')}`);
}
