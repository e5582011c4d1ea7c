import { labelOf } from './label-of';
import { type IndexAgreement, indexAgreement } from './search/index-agreement';
import { addSources, openSearches, type Query, vectorsOf } from './search/pool-search';
import { type IndexPool, poolsOf } from './search/pools';
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

/** Labels of so many targets are compared with exact search. */
const MOST_COMPARED = 2_000;

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
  const donors = donorsFor(wanted, sources);
  const vectors = await encoder.encode(
    wanted.map(({ text }) => text),
    (done, total) => onProgress('targets', done, total),
  );
  const queries = wanted.map((target, i): Query => ({ target, vector: vectors[i]! }));
  const every = Math.ceil(queries.length / MOST_COMPARED);
  const compared = new Set(options.onAgreement ? queries.filter((_, i) => i % every === 0) : []);
  const k = Math.max(top, 2);
  const searches = openSearches(poolsOf(donors, rule === 'unimse'), queries, {
    k,
    createIndex: options.createIndex,
    compared,
  });
  await addSources(searches, donors, {
    encoder,
    blockSize: options.blockSize,
    onProgress: (done, total) => onProgress('sources', done, total),
  });

  const donorOf = new Map(donors.map((donor) => [donor.id, donor]));
  const labelled = (asked: readonly Query[], found: readonly Neighbour[][]) =>
    new Map(asked.map(({ target }, i) => [target.id, labelOf(target, found[i]!, donorOf, top, threshold)]));
  const labels = new Map<string, UnifiedLabel[]>(targets.map(({ id }) => [id, []]));
  const pairs: (readonly [UnifiedLabel, UnifiedLabel])[] = [];
  for (const search of searches) {
    const found = labelled(search.queries, await search.index.search(vectorsOf(search.queries), k));
    for (const [id, label] of found) labels.get(id)!.push(label);
    if (!search.exact) continue;
    const exact = labelled(search.exact.queries, search.exact.search.nearest());
    for (const [id, label] of exact) pairs.push([found.get(id)!, label]);
  }
  options.onAgreement?.(indexAgreement(pairs, [...labels.values()].flat().length));
  return targets.flatMap((target): UnifiedLabel[] =>
    isSearched(target) ? labels.get(target.id)! : [{ target, emotions: [], match: undefined }],
  );
}

/** The sources of the targets' polarities. @throws If there are none of one. */
function donorsFor(targets: readonly TargetSample[], sources: readonly SourceSample[]): SourceSample[] {
  const polarities = new Set(targets.map(({ polarity }) => polarity));
  const donors = sources.filter(({ polarity }) => polarities.has(polarity));
  for (const polarity of polarities) {
    if (donors.some((donor) => donor.polarity === polarity)) continue;
    throw new Error(
      `unify: there are ${polarity} targets, but no ${polarity} source has emotions; add a source that has some`,
    );
  }
  return donors;
}

function requireUnique(samples: readonly { id: string }[], what: string): void {
  const seen = new Set<string>();
  for (const { id } of samples) {
    if (seen.has(id)) throw new Error(`unify: expected each id of the ${what} once, found "${id}" twice`);
    seen.add(id);
  }
}
