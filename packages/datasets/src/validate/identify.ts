import { sha256Of } from '@mmolre/files';
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
  for (const [name, fingerprint] of Object.entries(FINGERPRINTS)) {
    const looked = hashes.filter((hash) => isLooked(hash, fingerprint));
    const splits = splitsOf(fingerprint);
    const known = looked.filter((hash) => splits.has(hash));
    if (known.length >= MIN_VIDEOS && known.length >= SHARE * looked.length) return name as CorpusName;
  }
  return undefined;
}

/** Samples that stand in another split than that of their video in the published folds. */
export function movedSamples(samples: readonly Sample[], corpus: CorpusName): { sample: Sample; published: Split }[] {
  if (!(corpus in FINGERPRINTS)) return [];
  const splits = splitsOf(FINGERPRINTS[corpus as keyof typeof FINGERPRINTS]);
  return samples.flatMap((sample) => {
    const published = splits.get(hashOf(sample.videoId));
    return published && published !== sample.split ? [{ sample, published }] : [];
  });
}

/** Whether a split of a known corpus has as many samples as were published, so that figures of it can be compared. */
export const isAsPublished = (corpus: CorpusName, split: Split, count: number): boolean =>
  PUBLISHED[corpus].samples?.[split] === count;

const hashOf = (videoId: string) => sha256Of([videoId]).slice(0, 8);
const isLooked = (hash: string, { of }: Fingerprint) => Number.parseInt(hash, 16) * of < 2 ** 32;

const splitsOf = (fingerprint: Fingerprint) =>
  new Map(SPLITS.flatMap((split) => (fingerprint[split].match(/.{8}/g) ?? []).map((hash) => [hash, split] as const)));
