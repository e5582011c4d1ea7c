import { numbersOf, product } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Neighbour, VectorIndex } from '../types';
import { cosine, joined, mostSimilar, unitRows } from './rank';

// Q queries, N sources, D numbers a vector

/** Some sources: their ids, and their vectors [N, D] one after another, of any length above 0. */
export type SourceBlock = { ids: readonly string[]; vectors: Float32Array };

/** A search that sees its sources block by block and keeps the nearest ones only. */
export type RunningSearch = {
  /** Looks at more sources. An id occurs once in a search. */
  add(block: SourceBlock): void;
  /** For each query the k nearest of all sources so far, nearest first, equally near ones by id. */
  nearest(): Neighbour[][];
};

/** Products and vectors held at once, whatever the number of sources: 64 MB and 8,192 vectors. */
const MAX_PRODUCTS = 2 ** 24;
const MAX_ROWS = 8_192;

/**
 * Exact search among any number of sources.
 *
 * A block's cosines come from one matrix product on the backend, in single precision. Whatever could be among the k nearest by it, given how
 * far it may be from the truth, is computed again in double precision, and that decides. So the result is that of a plain loop in double
 * precision, on every backend.
 *
 * @param queries [Q][D], of any length above 0.
 * @throws If a vector has not D numbers, or no direction.
 */
export function startSearch(queries: readonly Float32Array[], k: number): RunningSearch {
  if (!(Number.isInteger(k) && k > 0)) throw new Error(`startSearch: expected k of 1 or more, got ${k}`);
  const D = queries[0]?.length ?? 0;
  const units = unitRows(joined(queries, D), D, (q) => `query ${q + 1}`);
  const found: Neighbour[][] = queries.map(() => []);
  // How wrong a product of two vectors of length 1 can be: its sum is rounded, and some GPUs round the entries to 10 bits.
  const error = D * 2 ** -24 + 2 ** -9;

  function addRows(ids: readonly string[], rows: Float32Array): void {
    const N = ids.length;
    const perProduct = Math.max(1, Math.floor(MAX_PRODUCTS / N));
    // Transposed once, and by itself: wasm is slow at a product that transposes.
    const sources = tf.tidy(() => tf.transpose(tf.tensor2d(rows, [N, D])));
    for (let first = 0; first < found.length; first += perProduct) {
      const count = Math.min(perProduct, found.length - first);
      const some = units.slice(first * D, (first + count) * D);
      const products = numbersOf(() => product(tf.tensor2d(some, [count, D]), sources));
      for (let q = 0; q < count; q++) {
        const kept = found[first + q]!;
        const lowest = kept.length < k ? Number.NEGATIVE_INFINITY : kept[k - 1]!.similarity - error;
        const candidates = possible(products, q * N, N, k, lowest, 2 * error);
        if (candidates.length === 0) continue;
        const exact = candidates.map((n) => ({
          id: ids[n]!,
          similarity: cosine(units, (first + q) * D, rows, n * D, D),
        }));
        found[first + q] = mostSimilar([...kept, ...exact], k);
      }
    }
    sources.dispose();
  }

  return {
    add({ ids, vectors }) {
      if (found.length === 0) return;
      if (vectors.length !== ids.length * D) {
        throw new Error(`startSearch: expected ${ids.length} vectors of ${D} numbers, got ${vectors.length} numbers`);
      }
      for (let start = 0; start < ids.length; start += MAX_ROWS) {
        const part = ids.slice(start, start + MAX_ROWS);
        const rows = vectors.subarray(start * D, (start + part.length) * D);
        addRows(
          part,
          unitRows(rows, D, (n) => `source ${part[n]}`),
        );
      }
    },
    nearest: () => found.map((kept) => [...kept]),
  };
}

/**
 * Places n of values[from .. from + N] that are at least `lowest`, and at most `margin` below the k-th largest: all that can be among the
 * k largest when values are wrong by half of it.
 */
function possible(values: Float32Array, from: number, N: number, k: number, lowest: number, margin: number): number[] {
  let limit = lowest;
  let places: number[] = [];
  let full = 4 * k + 60;
  const reduce = () => {
    if (places.length < k) return;
    const sorted = places.map((n) => values[from + n]!).sort((a, b) => b - a);
    limit = Math.max(limit, sorted[k - 1]! - margin);
    places = places.filter((n) => values[from + n]! >= limit);
  };
  for (let n = 0; n < N; n++) {
    if (values[from + n]! < limit) continue;
    places.push(n);
    if (places.length < full) continue;
    reduce();
    full = 2 * places.length + 4 * k + 60;
  }
  reduce();
  return places;
}

/** The nearest among sources that come block by block, such as from a file: their number is not limited by memory. */
export async function searchBlocks(
  queries: readonly Float32Array[],
  blocks: AsyncIterable<SourceBlock> | Iterable<SourceBlock>,
  k: number,
): Promise<Neighbour[][]> {
  const search = startSearch(queries, k);
  for await (const block of blocks) search.add(block);
  return search.nearest();
}

/** An index in memory that is searched exactly and completely: the default. */
export function createExactIndex(): VectorIndex {
  const blocks: SourceBlock[] = [];
  const known = new Set<string>();
  return {
    async add(ids, vectors) {
      if (ids.length !== vectors.length) {
        throw new Error(
          `createExactIndex: expected a vector an id, got ${ids.length} ids and ${vectors.length} vectors`,
        );
      }
      for (const id of ids) {
        if (known.has(id)) throw new Error(`createExactIndex: expected each id once, found "${id}" twice`);
        known.add(id);
      }
      if (ids.length > 0) blocks.push({ ids: [...ids], vectors: joined(vectors, vectors[0]!.length) });
    },
    search: (queries, k) => searchBlocks(queries, blocks, k),
  };
}
