/** Keeps what a frozen model makes of each text or clip, so that it is computed once: `frameCache` of `@mmolre/files` does, on disk. */
export type FrameCache = {
  /**
   * The frames of an item: read, or computed and kept.
   *
   * @param model A text that changes whenever the model computes something else: a hash of its weights and settings.
   * @param item What the frames follow from, beside the model.
   * @param width Numbers a frame.
   * @param precision In which they are kept: the cache's own.
   */
  frames(
    model: string,
    item: Float32Array,
    width: number,
    compute: () => Float32Array,
    precision?: 'float32' | 'float16',
  ): Float32Array;
  /** SHA-256 of the parts in hexadecimal, by which weights are told apart. */
  hash(parts: Iterable<string | Uint8Array>): string;
};
