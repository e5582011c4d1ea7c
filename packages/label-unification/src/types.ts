import type { Emotion, Polarity } from '@mmolre/datasets';

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

/** An utterance whose sentiment is known and whose emotions are not, as all of MOSI. */
export type TargetSample = {
  id: string;
  /** Its split, such as `train`: labels of the others may not be trained on or scored. */
  split: string;
  text: string;
  /** Of its gold score, or its data set's own word. */
  polarity: Polarity;
};

/** A source sample near a text. */
export type Neighbour = {
  /** The source sample's id. */
  id: string;
  /** Cosine, -1 .. 1. */
  similarity: number;
};

/** A donor and how near it and the next one were. */
export type Match = {
  source: SourceSample;
  /** Cosine between the two texts' vectors, -1 .. 1. */
  similarity: number;
  /** Of the second nearest source sample; undefined if there is only one. */
  secondSimilarity: number | undefined;
};

/** Emotions for a target, and where they come from. UniMSE's rule gives a target one of these a source set. */
export type UnifiedLabel = {
  target: TargetSample;
  /** Empty: none of the six. undefined: no label, as the nearest source was less similar than the threshold. */
  emotions: readonly Emotion[] | undefined;
  /** undefined where nothing was searched (UniMSE's neutral targets). Where there is a threshold it tells what fell below it. */
  match: Match | undefined;
};

/** Turns texts into vectors, such as SimCSE does. */
export type SentenceEncoder = {
  /** Length D of each vector. */
  dimension: number;
  /** One vector [D] a text, in their order; not normalised. Texts that the model reads as the same get the same numbers. */
  encode(texts: readonly string[], onProgress?: (done: number, total: number) => void): Promise<Float32Array[]>;
};

/** Finds the vectors nearest to queries by cosine. One index holds the sources of one polarity. */
export type VectorIndex = {
  /** Adds vectors [D] under their ids, each of which is added once. */
  add(ids: readonly string[], vectors: readonly Float32Array[]): Promise<void>;
  /** For each query the k nearest, nearest first, equally near ones by id. Fewer if the index holds fewer. */
  search(queries: readonly Float32Array[], k: number): Promise<Neighbour[][]>;
};
