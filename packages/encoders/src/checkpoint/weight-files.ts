import { onOneLine } from '@mmolre/nn';
import { nameAt, type Place, readTextAt, type TensorFile } from '../place';

/** The files of a model, by the names that Hugging Face gives them. */
export const CONFIG_FILE = 'config.json';
/** What audio is made into before the model, by `transformers`. */
export const INPUT_FILE = 'preprocessor_config.json';
export const WEIGHTS_FILE = 'model.safetensors';
export const WEIGHTS_INDEX = 'model.safetensors.index.json';

/**
 * Opens the weight files of a model: one, or those that its index lists.
 *
 * @throws One line: there are none, or in another format only, or the index does not fit its files. Nothing stays open then.
 */
export async function openWeights(place: Place): Promise<TensorFile[]> {
  const whole = await place.tensors(WEIGHTS_FILE);
  if (whole) return [whole];
  const index = await readTextAt(place, WEIGHTS_INDEX);
  if (index === undefined) throw new Error(noWeights(place.name, await pickleAt(place)));
  const map = parseWeightIndex(index, nameAt(place, WEIGHTS_INDEX));
  const files = new Map<string, TensorFile>();
  try {
    for (const name of new Set(map.values())) {
      const file = await place.tensors(name);
      if (!file) throw new Error(`${nameAt(place, name)}: not found`);
      files.set(name, file);
    }
    checkShards(files, map, nameAt(place, WEIGHTS_INDEX));
  } catch (error) {
    for (const file of files.values()) await file.close();
    throw error;
  }
  return [...files.values()];
}

/** Finds out before anything long begins that there are no weights to read. @throws What `openWeights` says then. */
export async function checkWeights(place: Place): Promise<void> {
  for (const name of [WEIGHTS_FILE, WEIGHTS_INDEX]) if (await place.has(name)) return;
  throw new Error(noWeights(place.name, await pickleAt(place)));
}

/** The files that the index lists, each once; none where there is no index. */
export async function weightFilesAt(place: Place): Promise<string[]> {
  const index = await readTextAt(place, WEIGHTS_INDEX);
  return index === undefined ? [] : [...new Set(parseWeightIndex(index, nameAt(place, WEIGHTS_INDEX)).values())].sort();
}

async function pickleAt(place: Place): Promise<string | undefined> {
  for (const name of ['pytorch_model.bin', 'pytorch_model.bin.index.json']) if (await place.has(name)) return name;
  return undefined;
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
      const found = `'${key}' should be in a .safetensors file of the same folder, found '${String(file)}'`;
      throw new Error(`${name}: ${onOneLine(found).slice(0, 1_000)}`);
    }
  }
  return new Map(entries as [string, string][]);
}

/** Every tensor must be where the index says, and nowhere else. */
function checkShards(files: ReadonlyMap<string, TensorFile>, map: Map<string, string>, index: string): void {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  for (const [name, { entries }] of files) {
    for (const key of entries.keys()) {
      if (seen.has(key)) problems.push(`${key} is in ${seen.get(key)} and in ${name}`);
      seen.set(key, name);
    }
  }
  for (const [key, name] of map) if (seen.get(key) !== name) problems.push(`${key} is not in ${name}`);
  for (const [key, name] of seen) if (!map.has(key)) problems.push(`${key} in ${name} is not listed`);
  if (problems.length > 0) throw new Error(`${index}: does not fit its files: ${onOneLine(problems.join('; '))}`);
}
