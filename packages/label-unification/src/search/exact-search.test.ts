import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, normal } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Neighbour } from '../types';
import { createExactIndex, searchBlocks, startSearch } from './exact-search';
import { cosine, joined, mostSimilar, unitRows } from './rank';

/** Every pair, in double precision, nothing clever. */
function plainLoop(queries: Float32Array[], ids: string[], sources: Float32Array[], k: number): Neighbour[][] {
  const D = queries[0]!.length;
  const units = (vectors: Float32Array[]) => unitRows(joined(vectors, D), D, String);
  const [q, s] = [units(queries), units(sources)];
  return queries.map((_, i) =>
    mostSimilar(
      ids.map((id, n) => ({ id, similarity: cosine(q, i * D, s, n * D, D) })),
      k,
    ),
  );
}

function vectors(count: number, D: number, seed: number): Float32Array[] {
  const flat = tf.tidy(() => normal([count, D], 1, createRng(seed)).dataSync()) as Float32Array;
  return Array.from({ length: count }, (_, n) => flat.slice(n * D, (n + 1) * D));
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `s${n}`);

describeEachBackend('exact search', () => {
  test('equals a plain loop to the last bit, over the edges of blocks', async () => {
    const [queries, sources] = [vectors(37, 24, 1), vectors(9_000, 24, 2)];
    const index = createExactIndex();
    const before = tf.memory().numTensors;
    await index.add(names(9_000).slice(0, 3), sources.slice(0, 3));
    await index.add(names(9_000).slice(3), sources.slice(3));
    expect(await index.search(queries, 5)).toEqual(plainLoop(queries, names(9_000), sources, 5));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('does so whatever the order, the blocks and the copies among the sources', async () => {
    const small = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 });
    const vector = small.filter((row) => row.some((x) => x !== 0)).map((row) => new Float32Array(row));
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 1, maxLength: 6 }),
        fc.array(vector, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 50 }),
        async (queries, sources, k, size) => {
          const ids = names(sources.length);
          const blocks = [];
          for (let start = 0; start < ids.length; start += size) {
            const part = sources.slice(start, start + size);
            blocks.unshift({ ids: ids.slice(start, start + size), vectors: joined(part, 3) });
          }
          expect(await searchBlocks(queries, blocks, k)).toEqual(plainLoop(queries, ids, sources, k));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('decides in double precision what single precision cannot tell apart', async () => {
    const near = (x: number) => new Float32Array([1, x, 0]);
    const search = startSearch([near(0)], 1);
    search.add({ ids: ['b', 'a', 'c'], vectors: joined([near(2e-5), near(1e-5), near(3e-5)], 3) });
    expect(search.nearest()[0]![0]!.id).toBe('a');
  });
});

describeEachBackend('equal similarities', () => {
  test('are ordered by id, not by place', async () => {
    const one = new Float32Array([0.3, -0.7, 0.1]);
    const index = createExactIndex();
    await index.add(['z', 'b'], [one, one.map((x) => 2 * x)]);
    await index.add(['a', 'y'], [one, one]);
    const [found] = await index.search([one], 3);
    expect(found!.map(({ id }) => id)).toEqual(['a', 'b', 'y']);
    expect(found![0]!.similarity).toBe(1);
  });

  test('of thousands of copies too', async () => {
    const one = new Float32Array([0.3, -0.7, 0.1]);
    const ids = names(3_000).reverse();
    const found = await searchBlocks([one], [{ ids, vectors: joined(new Array(3_000).fill(one), 3) }], 2);
    expect(found[0]!.map(({ id }) => id)).toEqual(['s0', 's1']);
  });
});

describeEachBackend('what a search refuses', () => {
  const vector = new Float32Array([1, 2]);
  test('vectors without a direction, of another length, ids twice', async () => {
    expect(() => startSearch([new Float32Array(2)], 1)).toThrow(
      'query 1: expected a vector with a direction, found zeros only',
    );
    expect(() => startSearch([vector], 0)).toThrow('expected k of 1 or more, got 0');
    const search = startSearch([vector], 1);
    expect(() => search.add({ ids: ['x'], vectors: new Float32Array([1, Number.NaN]) })).toThrow('source x: expected');
    expect(() => search.add({ ids: ['x'], vectors: new Float32Array(3) })).toThrow('expected 1 vectors of 2 numbers');
    const index = createExactIndex();
    await index.add(['x'], [vector]);
    await expect(index.add(['x'], [vector])).rejects.toThrow('found "x" twice');
  });

  test('nothing: no queries find nothing, no sources are nothing near', async () => {
    expect(await createExactIndex().search([], 1)).toEqual([]);
    expect(await createExactIndex().search([vector], 1)).toEqual([[]]);
  });
});
