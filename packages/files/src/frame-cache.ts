import { type ArrayCacheOptions, arrayCache } from './array-cache';
import type { Precision } from './array-file';
import { sha256Of } from './sha256';

export type FrameCacheOptions = ArrayCacheOptions;

/** What a frozen model made of each clip, on disk. */
export type FrameCache = {
  /**
   * The frames of a clip: read, or computed and written.
   *
   * @param model A text that changes whenever the model computes something else: a hash of its weights and settings.
   * @param clip What the frames follow from, beside the model.
   * @param width Numbers a frame.
   * @param precision The cache's, if nothing else is said.
   */
  frames(
    model: string,
    clip: Float32Array,
    width: number,
    compute: () => Float32Array,
    precision?: Precision,
  ): Float32Array;
  /** SHA-256 in hexadecimal, for a `model`. */
  hash(parts: Iterable<string | Uint8Array>): string;
};

/** A cache of arrays for frames, one file a clip: 6 s of audio at base size are 612 kB, or 306 kB as float16. */
export function frameCache(options: FrameCacheOptions): FrameCache {
  const { precision: usual = 'float32' } = options;
  const caches = {
    float32: arrayCache({ ...options, precision: 'float32' }),
    float16: arrayCache({ ...options, precision: 'float16' }),
  };
  return {
    frames(model, clip, width, compute, precision = usual) {
      const cache = caches[precision];
      const bytes = new Uint8Array(clip.buffer, clip.byteOffset, clip.byteLength);
      const key = sha256Of([`${model} ${width} `, bytes]);
      return cache.get(key) ?? cache.set(key, compute());
    },
    hash: sha256Of,
  };
}
