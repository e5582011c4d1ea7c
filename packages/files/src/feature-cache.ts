/** Numbers by a key that says all they follow from. */
export type FeatureCache = {
  get(key: string): Float32Array | undefined;
  /** @returns What is kept under the key: `values`, or what was there before. */
  set(key: string, values: Float32Array): Float32Array;
  /** Of all that is kept. */
  readonly bytes: number;
};

/** In memory, at most `maxBytes`: what was not asked for the longest time goes first, and what alone is larger is not kept. */
export function createFeatureCache(maxBytes: number): FeatureCache {
  const kept = new Map<string, Float32Array>(); // in the order of their last use
  let bytes = 0;
  const get = (key: string) => {
    const values = kept.get(key);
    if (values) {
      kept.delete(key);
      kept.set(key, values);
    }
    return values;
  };
  return {
    get,
    set(key, values) {
      const known = get(key);
      if (known) return known;
      if (values.byteLength > maxBytes) return values;
      kept.set(key, values);
      bytes += values.byteLength;
      for (const [oldest, { byteLength }] of kept) {
        if (bytes <= maxBytes) break;
        kept.delete(oldest);
        bytes -= byteLength;
      }
      return values;
    },
    get bytes() {
      return bytes;
    },
  };
}
