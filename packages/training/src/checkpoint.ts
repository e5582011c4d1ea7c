import { join } from 'node:path';
import { findPlace, folderPlace } from '@mmolre/encoders/node';
import { faultPoint, readJson, writeFileSafely } from '@mmolre/files';
import { configProblems, type EncoderOptions, loadModel as loadWeights, type Model } from '@mmolre/model';
import { leaves, safetensorsParts } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import { type RunConfig, runConfigSchema } from './run-config';
import { checkpointFile } from './run-layout';

/** What is told while a model is opened, and what keeps what its frozen parts make. */
export type OpenOptions = Omit<EncoderOptions, 'find'>;

/**
 * Writes the weights (`model.safetensors`) and the run's configuration (`config.json`) into a folder, and below `text` and `audio` what is
 * needed of the encoders beside their weights. The weights of an encoder that is frozen as a whole are not written, but their hash.
 */
export async function saveModel(
  folder: string,
  { params, opened }: Pick<Model, 'params' | 'opened'>,
  config: RunConfig,
): Promise<void> {
  for (const [modality, { files }] of Object.entries(opened))
    for (const [name, content] of files) await writeFileSafely(join(folder, modality, name), content);
  await writeFileSafely(checkpointFile(folder, 'config'), `${JSON.stringify(config, null, 2)}\n`);
  await writeTensors(checkpointFile(folder, 'weights'), leaves(params));
}

/** A safetensors file, written tensor by tensor. */
export async function writeTensors(path: string, tensors: ReadonlyMap<string, tf.Tensor>): Promise<void> {
  await writeFileSafely(path, parts(tensors));
}

function* parts(tensors: ReadonlyMap<string, tf.Tensor>): Generator<Uint8Array> {
  let first = true;
  for (const part of safetensorsParts(tensors)) {
    yield part;
    if (first) faultPoint('tensors are half written');
    first = false;
  }
}

/**
 * Reads what `saveModel` wrote. An encoder's place of origin is needed only if it is frozen as a whole.
 *
 * @throws One line: which file is missing, cut short, or does not fit the configuration.
 */
export async function loadModel(
  folder: string,
  options: OpenOptions = {},
): Promise<{ model: Model; config: RunConfig }> {
  const config = await readConfig(checkpointFile(folder, 'config'));
  const model = await loadWeights(config.model, folderPlace(folder), { ...options, find: findPlace });
  return { model, config };
}

async function readConfig(path: string): Promise<RunConfig> {
  const parsed = runConfigSchema.safeParse(await readJson(path, 'the folder of a trained run'));
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}
