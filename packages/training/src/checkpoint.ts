import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { findPlace, folderPlace } from '@mmolre/encoders/node';
import { readJson, writeFileSafely } from '@mmolre/files';
import { configProblems, type EncoderOptions, loadModel as loadWeights, type Model, WEIGHTS_FILE } from '@mmolre/model';
import { leaves, toSafetensors } from '@mmolre/nn';
import { type RunConfig, runConfigSchema } from './run-config';

const CONFIG = 'config.json';

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
  await writeFileSafely(join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  await writeFileSafely(join(folder, WEIGHTS_FILE), toSafetensors(leaves(params)));
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
  const config = await readConfig(join(folder, CONFIG));
  const model = await loadWeights(config.model, folderPlace(folder), { ...options, find: findPlace });
  return { model, config };
}

/** A trained run: its folder, where a link such as `runs/latest` leads, and what `loadModel` reads. */
export async function loadRun(
  folder: string,
  options: OpenOptions = {},
): Promise<{ run: string; model: Model; config: RunConfig }> {
  const run = existsSync(folder) ? realpathSync(folder) : folder;
  return { run, ...(await loadModel(run, options)) };
}

async function readConfig(path: string): Promise<RunConfig> {
  const parsed = runConfigSchema.safeParse(await readJson(path, 'the folder of a trained run'));
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}
