import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainFile } from '@mmolre/files';
import {
  CONFIG_FILE,
  INPUT_FILE,
  noWeights,
  parseWeightIndex,
  WEIGHTS_FILE,
  WEIGHTS_INDEX,
} from '../../checkpoint/weight-files';
import { TOKENIZER_FILES } from '../../tokenizer/tokenizer';
import type { HubFiles } from './find-on-hub';

/** Files besides the weights, taken where the model has them. */
export const SMALL_FILES: readonly string[] = [CONFIG_FILE, INPUT_FILE, ...TOKENIZER_FILES];

/** What an encoder needs: its form, its tokenizer, and its weights in safetensors, in one file or several. */
export const encoderFiles: HubFiles = {
  async *wanted(files, folder, place) {
    yield* SMALL_FILES.filter((path) => files.has(path));
    if (files.has(WEIGHTS_FILE)) {
      yield WEIGHTS_FILE;
      return;
    }
    if (!files.has(WEIGHTS_INDEX)) {
      const other = [...files].find((path) => /^[^/]+\.(bin|bin\.index\.json|h5|msgpack|pt)$/.test(path));
      throw new Error(noWeights(place, other));
    }
    yield WEIGHTS_INDEX;
    for (const shard of await shardsIn(folder, `${place}: ${WEIGHTS_INDEX}`)) {
      if (!files.has(shard)) throw new Error(`${place}: ${WEIGHTS_INDEX} lists ${shard}, which is not there`);
      yield shard;
    }
  },
  async areIn(folder) {
    const has = (file: string) => existsSync(join(folder, file));
    if (!has(CONFIG_FILE)) return false;
    if (has(WEIGHTS_FILE)) return true;
    return has(WEIGHTS_INDEX) && [...(await shardsIn(folder, join(folder, WEIGHTS_INDEX)))].every(has);
  },
};

async function shardsIn(folder: string, name: string): Promise<Set<string>> {
  const index = await readFile(plainFile(join(folder, WEIGHTS_INDEX)), 'utf8');
  return new Set(parseWeightIndex(index, name).values());
}
