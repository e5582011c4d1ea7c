import { join } from 'node:path';
import { type ArrayCache, type ArrayCacheOptions, arrayCache, sha256Of } from '@mmolre/files';
import { numbersOf, type Together } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { SentenceEncoder } from './types';

/** A model that makes one vector of a text. */
export type SentenceModel = {
  /** D */
  dimension: number;
  /** Changes whenever the model computes something else. Without one nothing is kept on disk. */
  identity: string | undefined;
  /** What the model reads of a text: texts with equal keys get one vector, computed once. Such as its tokens. */
  keyOf(text: string): string;
  /** Tokens of a text, the special ones included. */
  lengthOf(text: string): number;
  /** A batch of texts. @returns [B, D], not normalised */
  embed(texts: readonly string[]): tf.Tensor2D;
};

type CacheOptions = Pick<ArrayCacheOptions, 'folder' | 'warn'>;

export type SentenceEncoderOptions = {
  /** Most tokens of a batch, padding included: 4,096. */
  batchTokens?: number;
  /** Where to keep vectors for the next run: nowhere. */
  cache?: CacheOptions;
  /** Others that encode the same texts: each reads some of them, and all get every vector. */
  together?: Together | undefined;
};

/** Vectors computed before they are written: what a stopped program loses at most. */
const WRITE_EVERY = 2_000;
/** Texts after which those who encode together give each other their vectors: none waits long for another. */
const SHARE_EVERY = 2_000;

/**
 * A sentence encoder that reads each different text once, short ones with short ones, so that hardly anything is padded.
 */
export function createSentenceEncoder(
  model: SentenceModel,
  { batchTokens = 4_096, cache, together }: SentenceEncoderOptions = {},
): SentenceEncoder {
  const disk = cache && model.identity ? vectorsOf(model.identity, model.dimension, cache) : undefined;
  return {
    dimension: model.dimension,
    async encode(texts, onProgress = () => {}) {
      const keys = texts.map((text) => model.keyOf(text));
      const textOf = new Map(keys.map((key, i) => [key, texts[i]!]));
      const vectors = new Map<string, Float32Array>();
      const compute = async (own: readonly string[]): Promise<void> => {
        for (const [key, vector] of disk?.getMany(own) ?? []) vectors.set(key, vector);
        const missing = own.flatMap((key) => {
          const text = textOf.get(key)!;
          return vectors.has(key) ? [] : [{ key, text, length: model.lengthOf(text) }];
        });
        onProgress(vectors.size, textOf.size);
        let fresh = new Map<string, Float32Array>();
        for (const batch of byLength(missing, batchTokens)) {
          const pooled = model.embed(batch.map(({ text }) => text));
          const numbers = (await pooled.data()) as Float32Array;
          pooled.dispose();
          const D = model.dimension;
          batch.forEach(({ key }, b) => {
            const vector = numbers.slice(b * D, (b + 1) * D);
            vectors.set(key, vector);
            fresh.set(key, vector);
          });
          onProgress(vectors.size, textOf.size);
          if (fresh.size < WRITE_EVERY) continue;
          disk?.setMany(fresh);
          fresh = new Map();
        }
        disk?.setMany(fresh);
      };
      const all = [...textOf.keys()];
      if (!together) await compute(all);
      else
        for (let start = 0; start < all.length; start += SHARE_EVERY) {
          const chunk = all.slice(start, start + SHARE_EVERY);
          const own = chunk.filter((_, i) => i % together.size === together.rank);
          await compute(own);
          for (const [key, vector] of shared(together, chunk, new Set(own), vectors, model.dimension))
            vectors.set(key, vector);
        }
      return keys.map((key) => vectors.get(key)!);
    },
  };
}

/** Vectors of texts of which each has its own: all of them. */
function shared(
  { sum }: Together,
  keys: readonly string[],
  own: ReadonlySet<string>,
  vectors: ReadonlyMap<string, Float32Array>,
  dimension: number,
): [string, Float32Array][] {
  const flat = new Float32Array(keys.length * dimension);
  keys.forEach((key, i) => {
    if (own.has(key)) flat.set(vectors.get(key)!, i * dimension);
  });
  const all = numbersOf(() => sum(tf.tensor1d(flat)));
  return keys.map((key, i) => [key, all.slice(i * dimension, (i + 1) * dimension)]);
}

/** The vectors of one model: a folder of their own, as all of it is read. */
function vectorsOf(identity: string, dimension: number, { folder, warn }: CacheOptions): ArrayCache {
  const name = sha256Of([`${dimension} `, identity]).slice(0, 32);
  return arrayCache({ folder: join(folder, name), warn });
}

/** Batches of items of about one length, longest first, so that what needs the most memory comes at once. */
function* byLength<T extends { length: number }>(items: readonly T[], batchTokens: number): Generator<T[]> {
  const sorted = items.toSorted((a, b) => b.length - a.length);
  for (let start = 0; start < sorted.length; ) {
    const size = Math.max(1, Math.floor(batchTokens / sorted[start]!.length));
    yield sorted.slice(start, start + size);
    start += size;
  }
}
