import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import { bertLayout } from '../bert/bert-checkpoint';
import { toConfigJson } from '../bert/bert-config';
import { type PretrainedText, readPretrainedText } from '../bert/pretrained-text';
import { CONFIG_FILE, INPUT_FILE, WEIGHTS_FILE } from '../checkpoint/weight-files';
import { data2VecAudioLayout } from '../data2vec-audio/data2vec-audio-checkpoint';
import { data2VecAudioConfigJson } from '../data2vec-audio/data2vec-audio-config';
import { INPUT, type PretrainedAudio, readData2VecAudio } from '../data2vec-audio/data2vec-audio-pretrained';
import { folderPlace } from './folder-place';
import { type FindModelOptions, findModel } from './hub/find-model';
import { writeCheckpoint } from './write-checkpoint';

/**
 * Reads a BERT or RoBERTa. @see readPretrainedText
 *
 * @param source A folder, `hf:owner/name[@revision]` on the Hugging Face hub, or `pip:minilm`.
 */
export async function loadText(source: string, options: FindModelOptions = {}): Promise<PretrainedText> {
  return readPretrainedText(folderPlace(await findModel(source, options)));
}

/** Writes a folder that `loadText` and Python's `transformers` read: config.json, model.safetensors and the tokenizer's files. */
export async function saveText(
  folder: string,
  { config, params, tokenizer, configJson }: PretrainedText,
): Promise<void> {
  await writeFileSafely(join(folder, CONFIG_FILE), jsonText(toConfigJson(config, configJson)));
  for (const [name, text] of tokenizer.files) await writeFileSafely(join(folder, name), text);
  await writeCheckpoint(join(folder, WEIGHTS_FILE), params, bertLayout(config));
}

/**
 * Reads a Data2Vec-audio encoder. @see readData2VecAudio
 *
 * @param source A folder, or `hf:owner/name[@revision]` on the Hugging Face hub.
 */
export async function loadData2VecAudio(source: string, options: FindModelOptions = {}): Promise<PretrainedAudio> {
  return readData2VecAudio(folderPlace(await findModel(source, options)));
}

/** Writes a folder that `loadData2VecAudio` and Python's `transformers` read: config.json, model.safetensors, preprocessor_config.json. */
export async function saveData2VecAudio(
  folder: string,
  { config, params, configJson }: PretrainedAudio,
): Promise<void> {
  await writeFileSafely(join(folder, CONFIG_FILE), jsonText(data2VecAudioConfigJson(config, configJson)));
  await writeFileSafely(join(folder, INPUT_FILE), jsonText(INPUT));
  await writeCheckpoint(join(folder, WEIGHTS_FILE), params, data2VecAudioLayout(config));
}

const jsonText = (json: unknown) => `${JSON.stringify(json, null, 2)}\n`;
