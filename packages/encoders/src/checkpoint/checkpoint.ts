import { DTYPES_OF, onOneLine, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Place, TensorFile } from '../place';
import { nest } from './nest';
import { CONFIG_FILE, openWeights } from './weight-files';

/** What the checkpoints of one kind of model hold, and how its parameter tree holds the same. It stands beside the model. */
export type CheckpointLayout = {
  /** PyTorch's shapes by name, in its order: every tensor that the model has. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Put before every name in checkpoints that carry a head: `roberta.`. */
  prefix: string;
  /** First words of names that a checkpoint may leave out, all that begin with it together: `pooler`. */
  optional: readonly string[];
  /**
   * The tree's axes in terms of the checkpoint's, where they differ: `[1, 0]` for a `Linear`, which PyTorch keeps as [dOut, dIn].
   */
  axes: (name: string) => readonly number[] | undefined;
};

/** What checkpoints carry beside the encoder: heads of other tasks, and counters that old versions saved. Not read. */
export const HARMLESS_EXTRAS: readonly RegExp[] = [
  /^lm_head\./,
  /^cls\./,
  /^classifier\./,
  /^qa_outputs\./,
  /^projector\./,
  /^mlp\.dense\./, // the head that SimCSE trains with
  /^pooler\./, // of a model that has none
  /^embeddings\.(position_ids|token_type_ids)$/,
];

/** Names that old checkpoints, made from TensorFlow's, give a layer norm. */
const OLD_NAMES: readonly [RegExp, string][] = [
  [/(LayerNorm|layer_norm)\.gamma$/, '$1.weight'],
  [/(LayerNorm|layer_norm)\.beta$/, '$1.bias'],
];

/** A tensor of the checkpoint: which file has it, under which key. */
type Found = { file: TensorFile; key: string };

/**
 * Reads a model's tensors, from one file or several, one tensor at a time, into float32.
 *
 * @param place Has `model.safetensors`, or `model.safetensors.index.json` and the files that it lists.
 * @returns The tree, with plain tensors. A part that is optional and not in the checkpoint is left out.
 * @throws One error that lists every missing, unexpected and misshapen tensor; or that the weights are there in another format only,
 *   with the way to convert them; or what is wrong with a file. Nothing is allocated before all is checked.
 */
export async function readCheckpoint<P extends Params>(place: Place, layout: CheckpointLayout): Promise<P> {
  return readTensors(await openWeights(place), layout, place.name, CONFIG_FILE);
}

/** The same from files that are open; they are closed. @param config The file that the tensors must fit. */
export async function readTensors<P extends Params>(
  files: readonly TensorFile[],
  layout: CheckpointLayout,
  folder: string,
  config: string,
): Promise<P> {
  try {
    const places = match(files, layout, folder, config);
    const leaves = new Map<string, tf.Tensor>();
    try {
      for (const [name, { file, key }] of places) {
        const stored = await file.read(key);
        const axes = layout.axes(name);
        leaves.set(name, axes ? tf.transpose(stored, [...axes]) : stored);
        if (axes) stored.dispose();
      }
    } catch (error) {
      tf.dispose([...leaves.values()]);
      throw error;
    }
    return nest<P>(leaves);
  } finally {
    for (const file of files) await file.close();
  }
}

/** Which stored tensor fills which of the model's. */
function match(
  files: readonly TensorFile[],
  layout: CheckpointLayout,
  folder: string,
  config: string,
): Map<string, Found> {
  const stored = new Map<string, Found>();
  for (const file of files) for (const key of file.entries.keys()) stored.set(key, { file, key });
  const prefix = prefixOf([...stored.keys()], layout);
  const found = new Map<string, Found>();
  const problems: string[] = [];
  for (const [key, place] of stored) {
    const name = key.startsWith(prefix) ? currentName(key.slice(prefix.length)) : key;
    const isOurs = key.startsWith(prefix) && layout.shapes.has(name);
    if (isOurs && found.has(name)) problems.push(`${name} twice, as ${found.get(name)!.key} and ${key}`);
    else if (isOurs) found.set(name, place);
    else if (!HARMLESS_EXTRAS.some((extra) => extra.test(name))) problems.push(`unexpected ${key}`);
  }
  const places = new Map<string, Found>();
  const first = (name: string) => name.split('.')[0]!;
  const present = new Set([...found.keys()].map(first));
  for (const [name, shape] of layout.shapes) {
    const place = found.get(name);
    if (!place) {
      const leftOut = layout.optional.includes(first(name)) && !present.has(first(name));
      if (!leftOut) problems.push(`missing ${prefix}${name}`);
      continue;
    }
    const { shape: has, dtype } = place.file.entries.get(place.key)!;
    if (has.join() !== shape.join())
      problems.push(`${place.key}: expected [${shape.join(', ')}], found [${has.join(', ')}]`);
    else if (!DTYPES_OF.float32.some((known) => known === dtype))
      problems.push(`${place.key}: expected floating point, found ${dtype}`);
    places.set(name, place);
  }
  if (problems.length > 0) throw new Error(`${folder}: does not fit its ${config}: ${onOneLine(problems.join('; '))}`);
  return places;
}

const currentName = (name: string) => OLD_NAMES.reduce((now, [old, renamed]) => now.replace(old, renamed), name);

/** The prefix under which more of the model's names are found. */
function prefixOf(keys: readonly string[], { shapes, prefix }: CheckpointLayout): string {
  const hits = (prefix: string) =>
    keys.filter((key) => key.startsWith(prefix) && shapes.has(currentName(key.slice(prefix.length)))).length;
  return hits(prefix) > hits('') ? prefix : '';
}
