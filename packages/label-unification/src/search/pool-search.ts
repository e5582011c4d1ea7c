import type { SentenceEncoder, SourceSample, TargetSample, VectorIndex } from '../types';
import { createExactIndex, type RunningSearch, startSearch } from './exact-search';
import { type IndexPool, isOf } from './pools';
import { joined } from './rank';

/** A target and its text's vector [D]. */
export type Query = { target: TargetSample; vector: Float32Array };

/** One pool's search: its index, the targets that ask it, and exact search beside it for some of them. */
export type PoolSearch = {
  pool: IndexPool;
  index: VectorIndex;
  queries: readonly Query[];
  exact?: { search: RunningSearch; queries: readonly Query[] };
};

export type PoolSearchOptions = {
  /** The nearest that are found of each query. */
  k: number;
  createIndex?: ((pool: IndexPool) => VectorIndex) | undefined;
  /** The queries whose nearest exact search looks for too. */
  compared: ReadonlySet<Query>;
};

/** A search in each pool, without sources yet. */
export function openSearches(
  pools: readonly IndexPool[],
  queries: readonly Query[],
  { k, createIndex = createExactIndex, compared }: PoolSearchOptions,
): PoolSearch[] {
  return pools.map((pool) => {
    const own = queries.filter(({ target }) => target.polarity === pool.polarity);
    const both = own.filter((query) => compared.has(query));
    const exact = both.length > 0 && { search: startSearch(vectorsOf(both), k), queries: both };
    return { pool, index: createIndex(pool), queries: own, ...(exact && { exact }) };
  });
}

export const vectorsOf = (queries: readonly Query[]): Float32Array[] => queries.map(({ vector }) => vector);

/** Numbers in the vectors held at once, 256 MB. Copies of a text have one vector within a block, and over blocks if the encoder keeps vectors. */
const BLOCK_NUMBERS = 2 ** 26;

export type AddSourcesOptions = {
  encoder: SentenceEncoder;
  /** Sources whose vectors are held at once; as many as take 256 MB. */
  blockSize?: number | undefined;
  onProgress: (done: number, total: number) => void;
};

/** Gives each search the sources of its pool, block by block. */
export async function addSources(
  searches: readonly PoolSearch[],
  sources: readonly SourceSample[],
  { encoder, blockSize = Math.max(1, Math.floor(BLOCK_NUMBERS / encoder.dimension)), onProgress }: AddSourcesOptions,
): Promise<void> {
  for (let start = 0; start < sources.length; start += blockSize) {
    const block = sources.slice(start, start + blockSize);
    const vectors = await encoder.encode(
      block.map(({ text }) => text),
      // A text that occurs twice is read once.
      (done, total) => onProgress(start + (done === total ? block.length : done), sources.length),
    );
    for (const { pool, index, exact } of searches) {
      const places = block.flatMap((source, i) => (isOf(pool, source) ? [i] : []));
      if (places.length === 0) continue;
      const ids = places.map((i) => block[i]!.id);
      const own = places.map((i) => vectors[i]!);
      await index.add(ids, own);
      exact?.search.add({ ids, vectors: joined(own, encoder.dimension) });
    }
  }
}
