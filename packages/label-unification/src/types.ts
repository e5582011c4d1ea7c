import type { Emotion } from './emotion';
import type { Polarity } from './polarity';

/** An utterance of a data set that has emotion labels: a possible donor. */
export type SourceSample = {
  /** Unique over all sources: data set, split and the data set's own id (MELD's ids repeat across splits). */
  id: string;
  /** The data set, such as `meld`. */
  source: string;
  split: string;
  text: string;
  polarity: Polarity;
  /** Empty: none of the six. */
  emotions: readonly Emotion[];
};

/** An utterance that has a sentiment score and no emotion labels, as all of MOSI. */
export type TargetSample = {
  id: string;
  text: string;
  /** -3 .. +3; its sign is the polarity to match. */
  sentiment: number;
};

/** A target's emotions, and where they come from. */
export type UnifiedLabel = {
  targetId: string;
  emotions: readonly Emotion[];
  polarity: Polarity;
  /** The source sample whose emotions these are, and the cosine between the two texts' vectors; undefined for an unmatched neutral. */
  match: Neighbour | undefined;
};

/** Turns texts into vectors, such as SimCSE does. */
export type SentenceEncoder = {
  /** Length D of each vector. */
  dimension: number;
  /** One vector [D] a text, in their order; not normalised. */
  encode(texts: readonly string[]): Promise<Float32Array[]>;
};

/** A source sample near a text. */
export type Neighbour = {
  /** The source sample's id. */
  id: string;
  /** Cosine, -1 .. 1. */
  similarity: number;
};

/** Finds the vectors nearest to a query by cosine. One index holds the sources of one polarity. */
export type VectorIndex = {
  /** Adds vectors [D] under their ids. An id added twice is an error. */
  add(ids: readonly string[], vectors: readonly Float32Array[]): Promise<void>;
  /** The k nearest, nearest first; of equally near ones the one added first. Fewer if the index holds fewer. */
  search(query: Float32Array, k: number): Promise<Neighbour[]>;
};

/**
 * Gives each target the emotions of its most similar source sample of the same polarity.
 *
 * @see MMoLRE, section IV-B, after UniMSE
 */
export type UnifyLabels = (
  targets: readonly TargetSample[],
  sources: readonly SourceSample[],
  options: {
    encoder: SentenceEncoder;
    /** A new, empty index. */
    createIndex: () => VectorIndex;
    /** Only donors of these splits; all by default. */
    sourceSplits?: readonly string[];
    /** `match`, the default: among neutral donors. `none`: UniMSE's way, neutral targets get no emotion and no source. */
    neutral?: 'match' | 'none';
  },
) => Promise<UnifiedLabel[]>;
