import { type SourceBlock, startSearch } from '@mmolre/label-unification';
import { createRng, normal } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Benchmark, Case, NodeSide } from './src/benchmark';

// The sources of the paper's label unification, more or less: MOSI's 2,199 utterances (Q queries) against N source vectors of width D.

const D = 768;
const K = 2;

type Size = {
  queries: number;
  sources: number;
  /** Of so many queries the plain loop takes one. */
  every: number;
};

/** Queries, and one block of sources; further blocks are made of it, so that a million vectors need no file. */
function data({ queries, sources }: Size): Record<string, tf.Tensor> {
  const rng = createRng(1);
  return { queries: normal([queries, D], 1, rng), block: normal([Math.min(sources, BLOCK), D], 1, rng) };
}

const BLOCK = 8_000;

/**
 * The sources, block by block. Block b is the first one with the numbers of each vector moved on by b places, so that all are different and
 * cost little beside the search.
 */
function* blocks(block: Float32Array, sources: number): Generator<SourceBlock> {
  const vectors = new Float32Array(block.length);
  for (let b = 0, start = 0; start < sources; b++, start += BLOCK) {
    for (let n = 0; n < block.length; n += D) {
      const shift = b % D;
      vectors.set(block.subarray(n + shift, n + D), n);
      vectors.set(block.subarray(n, n + shift), n + D - shift);
    }
    yield { ids: Array.from({ length: block.length / D }, (_, n) => `s${start + n}`), vectors };
  }
}

/** The search that users get, over all queries. */
const blocked =
  ({ sources, every }: Size): NodeSide =>
  (file) => {
    const queries = rows(file.values('queries'));
    const block = file.values('block');
    const search = (some: Float32Array[]) => {
      const running = startSearch(some, K);
      for (const part of blocks(block, sources)) running.add(part);
      return running.nearest();
    };
    return {
      run: () => search(queries)[0]![0]!.similarity,
      results: () => asTensors(search(queries.filter((_, q) => q % every === 0))),
    };
  };

/** A loop over pairs, in double precision, over some of the queries. */
const plainLoop =
  ({ sources, every }: Size): NodeSide =>
  (file) => {
    const queries = rows(file.values('queries'));
    const some = queries.filter((_, q) => q % every === 0);
    const block = file.values('block');
    const search = () => {
      const best = some.map(() => [] as { id: string; similarity: number }[]);
      const lengths = some.map(length);
      for (const { ids, vectors } of blocks(block, sources)) {
        for (const [n, id] of ids.entries()) {
          const source = vectors.subarray(n * D, (n + 1) * D);
          const sourceLength = length(source);
          some.forEach((query, q) => {
            let product = 0;
            for (let i = 0; i < D; i++) product += query[i]! * source[i]!;
            const similarity = product / (lengths[q]! * sourceLength);
            const kept = best[q]!;
            if (kept.length === K && similarity <= kept[K - 1]!.similarity) return;
            kept.push({ id, similarity });
            kept.sort((a, b) => b.similarity - a.similarity);
            kept.length = Math.min(kept.length, K);
          });
        }
      }
      return best;
    };
    return {
      share: some.length / queries.length,
      run: () => search()[0]![0]!.similarity,
      results: () => asTensors(search()),
    };
  };

function rows(flat: Float32Array): Float32Array[] {
  return Array.from({ length: flat.length / D }, (_, n) => flat.subarray(n * D, (n + 1) * D));
}

function length(vector: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < D; i++) squares += vector[i]! * vector[i]!;
  return Math.sqrt(squares);
}

/** The places of the sources found, and their similarities. */
function asTensors(found: readonly (readonly { id: string; similarity: number }[])[]): Record<string, tf.Tensor> {
  return {
    places: tf.tensor2d(found.map((near) => near.map(({ id }) => Number(id.slice(1))))),
    similarities: tf.tensor2d(found.map((near) => near.map(({ similarity }) => similarity))),
  };
}

const caseOf = (name: string, size: Size): Case => ({
  name,
  data: () => data(size),
  ours: blocked(size),
  theirs: plainLoop(size),
});

export const search: Benchmark = {
  title: `Exact search for the ${K} nearest of vectors of ${D} numbers`,
  cases: [
    caseOf('blocked / plain loop, 2,199 queries, 40,000 sources', { queries: 2_199, sources: 40_000, every: 50 }),
    caseOf('blocked / plain loop, 2 queries, 1,000,000 sources', { queries: 2, sources: 1_000_000, every: 1 }),
  ],
};
