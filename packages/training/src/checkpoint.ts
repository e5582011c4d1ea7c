import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import {
  blankModel,
  configProblems,
  type EncoderOptions,
  type Model,
  type RunConfig,
  runConfigSchema,
  withParams,
} from '@mmolre/model';
import { disposeParams, fillParams, leaves, parseSafetensors, toSafetensors, trainable } from '@mmolre/nn';

const WEIGHTS = 'model.safetensors';
const CONFIG = 'config.json';

/**
 * Writes the weights (`model.safetensors`) and the run's configuration (`config.json`) into a folder, and below `text` and `audio` what is
 * needed of pretrained encoders beside their weights. The weights of an encoder that is frozen as a whole are not written, but their hash.
 */
export async function saveModel(
  folder: string,
  { params, opened }: Pick<Model, 'params' | 'opened'>,
  config: RunConfig,
): Promise<void> {
  for (const [modality, { files }] of Object.entries(opened))
    for (const [name, content] of files) await writeFileSafely(join(folder, modality, name), content);
  await writeFileSafely(join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  await writeFileSafely(join(folder, WEIGHTS), toSafetensors(leaves(params)));
}

/**
 * Reads what `saveModel` wrote. A pretrained encoder's place of origin is needed only if it is frozen as a whole.
 *
 * @throws One line: which file is missing, cut short, or does not fit the configuration.
 */
export async function loadModel(
  folder: string,
  options: EncoderOptions = {},
): Promise<{ model: Model; config: RunConfig }> {
  const config = readConfig(join(folder, CONFIG));
  const path = join(folder, WEIGHTS);
  if (!existsSync(path))
    throw new Error(`${path}: not found; expected the weights of a trained run (did its training finish an epoch?)`);
  const stored = parseSafetensors(readFileSync(path), path);
  const blank = await blankModel(config.model, folder, options);
  const params = trainable(fillParams(blank.params, stored, path));
  disposeParams(blank.params);
  return { model: withParams(blank, params), config };
}

/** A trained run: its folder, where a link such as `runs/latest` leads, and what `loadModel` reads. */
export async function loadRun(
  folder: string,
  options: EncoderOptions = {},
): Promise<{ run: string; model: Model; config: RunConfig }> {
  const run = existsSync(folder) ? realpathSync(folder) : folder;
  return { run, ...(await loadModel(run, options)) };
}

function readConfig(path: string): RunConfig {
  if (!existsSync(path)) throw new Error(`${path}: not found; expected the folder of a trained run`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
  const parsed = runConfigSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}
