import { createExactIndex, type RunningSearch, startSearch } from './exact-search';
import { type IndexAgreement, indexAgreement } from './index-agreement';
import { labelOf } from './label-of';
import { type IndexPool, poolName, poolsOf } from './pools';
import { joined } from './rank';
import type { Neighbour, SentenceEncoder, SourceSample, TargetSample, UnifiedLabel, VectorIndex } from './types';

/**
 * `mmolre`: the most similar sample of all sources together gives its emotions, to neutral targets too.
 * `unimse`: the most similar one of each source set gives its own, and neutral targets get none without a search.
 */
export type Rule = 'mmolre' | 'unimse';

export type UnifyOptions = {
  encoder: SentenceEncoder;
  rule?: Rule;
  /** So many of the nearest vote: the most frequent set of emotions wins, of equally frequent ones that of the nearest. 1, the paper's. */
  top?: number;
  /** Sources less similar than this do not vote; a target without any stays without a label. None by default. */
  threshold?: number;
  /** The index of a pool of sources, which are added to it: exact search in memory by default. */
  createIndex?: (pool: IndexPool) => VectorIndex;
  /** Told once how many labels are those of exact search, which then runs beside the index, for 2,000 targets at most. */
  onAgreement?: (agreement: IndexAgreement) => void;
  /** Sources whose vectors are held at once, beside what the index holds: as many as take 256 MB. */
  blockSize?: number;
  /** What is being read, how many texts are done, and of how many. */
  onProgress?: (what: 'sources' | 'targets', done: number, total: number) => void;
};

/** 256 MB of vectors. Copies of a text have one vector within a block, and over blocks if the encoder keeps vectors. */
const BLOCK_NUMBERS = 2 ** 26;

/** Targets that exact search is asked for too. */
const MOST_COMPARED = 2_000;

/** A pool, its index, and its targets with their vectors. */
type Search = {
  index: VectorIndex;
  targets: TargetSample[];
  queries: Float32Array[];
  exact?: RunningSearch;
  compared: number[];
};

/**
 * Gives each target the emotions of its most similar source sample of the same polarity.
 *
 * @returns In the order of the targets; with `unimse` one a target and source set, the sets in the order of their first samples.
 * @throws If two samples have one id, or there is no source of a polarity that targets have, or the index holds others.
 * @see MMoLRE, section IV-B, after UniMSE
 */
export async function unifyLabels(
  targets: readonly TargetSample[],
  sources: readonly SourceSample[],
  options: UnifyOptions,
): Promise<UnifiedLabel[]> {
  const { encoder, rule = 'mmolre', top = 1, threshold = -1, onProgress = () => {} } = options;
  if (!(Number.isInteger(top) && top > 0)) throw new Error(`top: expected a whole number above 0, got ${top}`);
  if (!(threshold >= -1 && threshold <= 1)) throw new Error(`threshold: expected a cosine, -1 .. 1, got ${threshold}`);
  requireUnique(targets, 'targets');
  requireUnique(sources, 'sources');
  const isSearched = ({ polarity }: { polarity: string }) => rule === 'mmolre' || polarity !== 'neutral';
  const wanted = targets.filter(isSearched);
  const polarities = new Set(wanted.map(({ polarity }) => polarity));
  const donors = sources.filter(({ polarity }) => polarities.has(polarity));
  for (const polarity of polarities) {
    if (donors.some((donor) => donor.polarity === polarity)) continue;
    throw new Error(
      `unify: there are ${polarity} targets, but no ${polarity} source has emotions; add a source that has some`,
    );
  }
  const targetVectors = await encoder.encode(
    wanted.map(({ text }) => text),
    (done, total) => onProgress('targets', done, total),
  );
  const isBySet = rule === 'unimse';
  const k = Math.max(top, 2);
  const every = Math.ceil(wanted.length / MOST_COMPARED);
  const searches = new Map<string, Search>();
  for (const pool of poolsOf(donors, isBySet)) {
    const places = wanted.flatMap(({ polarity }, i) => (polarity === pool.polarity ? [i] : []));
    const queries = places.map((i) => targetVectors[i]!);
    const compared = options.onAgreement ? places.flatMap((i, q) => (i % every === 0 ? [q] : [])) : [];
    searches.set(pool.name, {
      index: (options.createIndex ?? createExactIndex)(pool),
      targets: places.map((i) => wanted[i]!),
      queries,
      compared,
      ...(compared.length > 0 && {
        exact: startSearch(
          compared.map((q) => queries[q]!),
          k,
        ),
      }),
    });
  }

  const blockSize = options.blockSize ?? Math.max(1, Math.floor(BLOCK_NUMBERS / encoder.dimension));
  for (let start = 0; start < donors.length; start += blockSize) {
    const block = donors.slice(start, start + blockSize);
    const vectors = await encoder.encode(
      block.map(({ text }) => text),
      // A text that occurs twice is read once.
      (done, total) => onProgress('sources', start + (done === total ? block.length : done), donors.length),
    );
    const names = block.map(({ polarity, source }) => poolName(polarity, isBySet ? source : undefined));
    for (const [name, { index, exact }] of searches) {
      const places = names.flatMap((pool, i) => (pool === name ? [i] : []));
      if (places.length === 0) continue;
      const ids = places.map((i) => block[i]!.id);
      const some = places.map((i) => vectors[i]!);
      await index.add(ids, some);
      exact?.add({ ids, vectors: joined(some, encoder.dimension) });
    }
  }

  const donorOf = new Map(donors.map((donor) => [donor.id, donor]));
  const label = (target: TargetSample, near: readonly Neighbour[]) => labelOf(target, near, donorOf, top, threshold);
  const found = new Map<string, UnifiedLabel[]>(targets.map(({ id }) => [id, []]));
  const pairs: (readonly [UnifiedLabel, UnifiedLabel])[] = [];
  let count = 0;
  for (const { index, targets, queries, exact, compared } of searches.values()) {
    const neighbours = await index.search(queries, k);
    const labels = targets.map((target, i) => label(target, neighbours[i]!));
    for (const one of labels) found.get(one.target.id)!.push(one);
    const exactly = exact?.nearest() ?? [];
    pairs.push(...compared.map((q, i) => [labels[q]!, label(targets[q]!, exactly[i]!)] as const));
    count += labels.length;
  }
  options.onAgreement?.(indexAgreement(pairs, count));
  return targets.flatMap((target): UnifiedLabel[] => {
    if (!isSearched(target)) return [{ target, emotions: [], match: undefined }];
    return found.get(target.id)!;
  });
}

function requireUnique(samples: readonly { id: string }[], what: string): void {
  const seen = new Set<string>();
  for (const { id } of samples) {
    if (seen.has(id)) throw new Error(`unify: expected each id of the ${what} once, found "${id}" twice`);
    seen.add(id);
  }
}
