import { Tokenizer } from '@huggingface/tokenizers';
import type * as tf from '@tensorflow/tfjs';
import { nameAt, type Place, requireJsonAt } from '../place';

// What the compact text encoder knows of words: vectors distilled from all-MiniLM-L6-v2 (assets/minilm-96/SOURCES.md) and its tokenizer.

const TABLE_FILE = 'embeddings.safetensors';
const TOKENIZER_FILE = 'tokenizer.json';

export type SubwordTokenizer = {
  /** Ids of a text, cut at `maxTokens`, the two special ones included. */
  encode(text: string, maxTokens: number): number[];
  /** The files that it was read from, by name. */
  files: ReadonlyMap<string, string>;
};

/** @param place `SUBWORDS`, or where a run keeps a copy. */
export async function readSubwordTokenizer(place: Place): Promise<SubwordTokenizer> {
  const json = await requireJsonAt(place, TOKENIZER_FILE, "the compact text encoder's tokenizer");
  const tokenizer = new Tokenizer(json, {});
  return {
    encode(text, maxTokens) {
      const { ids } = tokenizer.encode(text);
      return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1)!];
    },
    files: new Map([[TOKENIZER_FILE, JSON.stringify(json)]]),
  };
}

/** Vectors of the subwords, [V, D]. @param place `SUBWORDS` */
export async function readSubwordTable(place: Place): Promise<tf.Tensor2D> {
  const file = await place.tensors(TABLE_FILE);
  if (!file) throw new Error(`${nameAt(place, TABLE_FILE)}: not found; expected the compact text encoder's vectors`);
  try {
    return (await file.read('table')) as tf.Tensor2D;
  } finally {
    await file.close();
  }
}
