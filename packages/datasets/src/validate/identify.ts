import { sha256Of } from '@mmolre/files';
import { MOSI_FOLDS } from '../corpora/mosi-folds';
import type { Corpus } from '../read-corpus';
import { type Sample, SPLITS, type Split } from '../sample';
import { FINGERPRINTS, type Fingerprint } from './fingerprints';
import { CORPORA, type CorpusName, PUBLISHED } from './published';

/** So many of the videos that are looked at must be the corpus's, of at least so many. */
const SHARE = 0.9;
const MIN_VIDEOS = 5;

/**
 * Which known corpus a data set is, by its content: by the form of its files where they are one corpus's own, else by its videos' ids.
 * undefined if it is somebody's own. What its folder is called does not count.
 */
export function identifyCorpus({ layout, samples }: Pick<Corpus, 'layout' | 'samples'>): CorpusName | undefined {
  const own = CORPORA.find((name) => name === layout);
  if (own) return own;
  const videos = new Set(samples.map(({ videoId }) => videoId));
  const hashes = [...videos].map(hashOf);
  for (const [name, { of, splits }] of Object.entries(KNOWN_VIDEOS)) {
    const looked = hashes.filter((hash) => Number.parseInt(hash, 16) * of < 2 ** 32);
    const known = looked.filter((hash) => splits.has(hash));
    if (known.length >= MIN_VIDEOS && known.length >= SHARE * looked.length) return name as CorpusName;
  }
  return undefined;
}

/** Samples that stand in another split than that of their video in the published folds. */
export function movedSamples(samples: readonly Sample[], corpus: CorpusName): { sample: Sample; published: Split }[] {
  const { splits } = KNOWN_VIDEOS[corpus] ?? {};
  if (!splits) return [];
  const published = new Map(
    [...new Set(samples.map(({ videoId }) => videoId))].map((id) => [id, splits.get(hashOf(id))]),
  );
  return samples.flatMap((sample) => {
    const own = published.get(sample.videoId);
    return own && own !== sample.split ? [{ sample, published: own }] : [];
  });
}

/** Whether a split of a known corpus has as many samples as were published, so that figures of it can be compared. */
export const isAsPublished = (corpus: CorpusName, split: Split, count: number): boolean =>
  PUBLISHED[corpus].samples?.[split] === count;

function hashOf(videoId: string): string {
  return sha256Of([videoId]).slice(0, 8);
}

/** The split of each video by the hash of its id; of a large corpus one in `of`. */
type KnownVideos = { of: number; splits: ReadonlyMap<string, Split> };

const splitsOf = (hashes: (split: Split) => readonly string[]) =>
  new Map(SPLITS.flatMap((split) => hashes(split).map((hash) => [hash, split] as const)));

const fromFingerprint = (print: Fingerprint): KnownVideos => ({
  of: print.of,
  splits: splitsOf((split) => print[split].match(/.{8}/g) ?? []),
});

const KNOWN_VIDEOS: Partial<Record<CorpusName, KnownVideos>> = {
  mosi: { of: 1, splits: splitsOf((split) => MOSI_FOLDS[split].map(hashOf)) },
  mosei: fromFingerprint(FINGERPRINTS.mosei),
  'review-speech': fromFingerprint(FINGERPRINTS['review-speech']),
};
