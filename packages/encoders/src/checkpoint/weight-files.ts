import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, type SafetensorsFile } from '../node/safetensors-file';

export const WEIGHTS_FILE = 'model.safetensors';
export const WEIGHTS_INDEX = 'model.safetensors.index.json';

/**
 * Opens the weight files of a folder: one, or those that its index lists.
 *
 * @throws One line: there are none, or in another format only, or the index does not fit its files. Nothing stays open then.
 */
export async function openWeights(folder: string): Promise<SafetensorsFile[]> {
  if (existsSync(join(folder, WEIGHTS_FILE))) return [await openSafetensors(join(folder, WEIGHTS_FILE))];
  const index = join(folder, WEIGHTS_INDEX);
  if (!existsSync(index))
    throw new Error(
      noWeights(
        folder,
        ['pytorch_model.bin', 'pytorch_model.bin.index.json'].find((name) => existsSync(join(folder, name))),
      ),
    );
  const map = parseWeightIndex(await readFile(index, 'utf8'), index);
  const files: SafetensorsFile[] = [];
  try {
    for (const name of new Set(map.values())) files.push(await openSafetensors(join(folder, name)));
    checkShards(files, map, folder, index);
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
  return files;
}

/**
 * What to say where there are no safetensors.
 *
 * @param place A folder or `hf:owner/name`.
 * @param other Weights of another format that are there.
 */
export function noWeights(place: string, other?: string): string {
  if (!other)
    return `${place}: has no ${WEIGHTS_FILE}; expected a Hugging Face model, with config.json and ${WEIGHTS_FILE}`;
  const source = place.replace(/^hf:/, '');
  return (
    `${place}: its weights are a pickle (${other}), which can run code and is not read. Convert them once, with Python: ` +
    `python3 -c "from transformers import AutoModel; AutoModel.from_pretrained('${source}').save_pretrained('converted')", then use the ` +
    `folder 'converted' (with the tokenizer's files copied into it). On the hub, a revision such as @refs/pr/1 often has them converted`
  );
}

/**
 * Reads `model.safetensors.index.json`: the file that has each tensor.
 *
 * @throws If it is not such a file, or names one outside its folder.
 */
export function parseWeightIndex(json: string, name: string): Map<string, string> {
  let map: unknown;
  try {
    map = (JSON.parse(json) as { weight_map?: unknown } | null)?.weight_map;
  } catch {
    throw new Error(`${name}: expected JSON, found something else (cut short?)`);
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw new Error(`${name}: has no 'weight_map'`);
  const entries = Object.entries(map);
  for (const [key, file] of entries) {
    if (typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file)) {
      throw new Error(`${name}: '${key}' should be in a .safetensors file of the same folder, found '${String(file)}'`);
    }
  }
  return new Map(entries as [string, string][]);
}

/** Every tensor must be where the index says, and nowhere else. */
function checkShards(files: readonly SafetensorsFile[], map: Map<string, string>, folder: string, index: string): void {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  for (const file of files) {
    const name = file.path.slice(folder.length).replace(/^[/\\]/, '');
    for (const key of file.entries.keys()) {
      if (seen.has(key)) problems.push(`${key} is in ${seen.get(key)} and in ${name}`);
      seen.set(key, name);
    }
  }
  for (const [key, name] of map) if (seen.get(key) !== name) problems.push(`${key} is not in ${name}`);
  for (const [key, name] of seen) if (!map.has(key)) problems.push(`${key} in ${name} is not listed`);
  if (problems.length > 0) throw new Error(`${index}: does not fit its files: ${problems.join('; ')}`);
}
