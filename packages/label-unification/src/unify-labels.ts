import { EMOTIONS, type Emotion } from './emotion';
import { createExactIndex } from './exact-search';
import { POLARITIES } from './polarity';
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
  /** A new, empty index: exact search in memory by default. */
  createIndex?: () => VectorIndex;
  /** What is being read, how many texts are done, and of how many. */
  onProgress?: (what: 'sources' | 'targets', done: number, total: number) => void;
};

/**
 * Gives each target the emotions of its most similar source sample of the same polarity.
 *
 * @returns In the order of the targets; with `unimse` one a target and source set, the sets in the order of their first samples.
 * @throws If two samples have one id, or there is no source of a polarity that targets have.
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
  const sets = [...new Set(donors.map(({ source }) => source))];
  const pools = rule === 'mmolre' ? [donors] : sets.map((set) => donors.filter(({ source }) => source === set));
  for (const polarity of polarities) {
    if (donors.some((donor) => donor.polarity === polarity)) continue;
    throw new Error(
      `unify: there are ${polarity} targets, but no ${polarity} source has emotions; add a source that has some`,
    );
  }
  const vectorsOf = async (samples: readonly { text: string }[], what: 'sources' | 'targets') =>
    encoder.encode(
      samples.map(({ text }) => text),
      (done, total) => onProgress(what, done, total),
    );
  const donorVectors = byId(donors, await vectorsOf(donors, 'sources'));
  const targetVectors = byId(wanted, await vectorsOf(wanted, 'targets'));
  const donorOf = new Map(donors.map((donor) => [donor.id, donor]));

  const found = new Map<string, UnifiedLabel[]>(targets.map(({ id }) => [id, []]));
  for (const pool of pools) {
    for (const polarity of POLARITIES) {
      const some = wanted.filter((target) => target.polarity === polarity);
      const pooled = pool.filter((donor) => donor.polarity === polarity);
      if (some.length === 0 || pooled.length === 0) continue;
      const index = (options.createIndex ?? createExactIndex)();
      await index.add(
        pooled.map(({ id }) => id),
        pooled.map(({ id }) => donorVectors.get(id)!),
      );
      const neighbours = await index.search(
        some.map(({ id }) => targetVectors.get(id)!),
        Math.max(top, 2),
      );
      some.forEach((target, i) => {
        found.get(target.id)!.push(labelOf(target, neighbours[i]!, donorOf, top, threshold));
      });
    }
  }
  return targets.flatMap((target): UnifiedLabel[] => {
    if (!isSearched(target)) return [{ target, emotions: [], match: undefined }];
    return found.get(target.id)!;
  });
}

function labelOf(
  target: TargetSample,
  neighbours: readonly Neighbour[],
  donorOf: ReadonlyMap<string, SourceSample>,
  top: number,
  threshold: number,
): UnifiedLabel {
  const voters = neighbours.slice(0, top).filter(({ similarity }) => similarity >= threshold);
  const elected = vote(voters.map(({ id }) => donorOf.get(id)!.emotions));
  const { id, similarity } = voters[elected] ?? neighbours[0]!;
  const match = { source: donorOf.get(id)!, similarity, secondSimilarity: neighbours[1]?.similarity };
  return { target, emotions: elected < 0 ? undefined : match.source.emotions, match };
}

/** The place of the first of the most frequent sets; -1 if there are none. */
function vote(sets: readonly (readonly Emotion[])[]): number {
  const keys = sets.map((set) => EMOTIONS.filter((emotion) => set.includes(emotion)).join());
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return keys.findIndex((key) => counts.get(key) === most);
}

function requireUnique(samples: readonly { id: string }[], what: string): void {
  const seen = new Set<string>();
  for (const { id } of samples) {
    if (seen.has(id)) throw new Error(`unify: expected each id of the ${what} once, found "${id}" twice`);
    seen.add(id);
  }
}

const byId = <T>(samples: readonly { id: string }[], values: readonly T[]): Map<string, T> =>
  new Map(samples.map(({ id }, i) => [id, values[i]!]));
