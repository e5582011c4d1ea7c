import type { Encoder } from '@mmolre/encoders';
import type { FrameCacheOptions } from '@mmolre/files';
import type { Params, Rng } from '@mmolre/nn';

export type TextEncoder = Encoder<string>;
/** Reads mono samples at 16 kHz in -1 .. 1. */
export type AudioEncoder = Encoder<Float32Array>;

/** An encoder whose settings are read: what makes its parameters, and the encoder over parameters that are there. */
export type OpenedEncoder<E> = {
  /** Fresh parameters, or the pretrained ones. */
  init(rng: Rng): Params | Promise<Params>;
  /** The encoder over a tree of that form; freezes in it what the configuration does not train. */
  over(params: Params): E;
  /** What a run keeps beside its weights, by file name, so that it loads without the place that the encoder came from. */
  files: ReadonlyMap<string, string>;
};

export type OpenOptions = {
  /** Where to keep what the frozen parts make of each text and clip, for later runs: nowhere. */
  cache?: string | undefined;
  /** Told in one line when something is fetched. */
  log?: (line: string) => void;
  /** What a run kept of the encoder (`OpenedEncoder.files`): read instead of its place of origin, and `init` draws at random. */
  kept?: string;
};

/** As float32, so that a run is the same with and without a cache. */
export function cacheOptions({ cache, log }: OpenOptions): { cache?: FrameCacheOptions } {
  return cache === undefined ? {} : { cache: { folder: cache, precision: 'float32', ...(log && { warn: log }) } };
}
