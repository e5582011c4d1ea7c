import { describe, expect, test } from 'vitest';
import { createFeatureCache } from './feature-cache';

describe('createFeatureCache', () => {
  test('never holds more than its bytes; what was used least lately goes first', () => {
    const cache = createFeatureCache(48);
    const four = (value: number) => new Float32Array(4).fill(value);
    for (const [i, key] of ['a', 'b', 'c'].entries()) cache.set(key, four(i));
    expect(cache.bytes).toBe(48);
    cache.get('a');
    cache.set('d', four(3));
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key)?.[0])).toEqual([0, undefined, 2, 3]);
    expect(cache.bytes).toBe(48);
    const large = new Float32Array(100);
    expect(cache.set('e', large)).toBe(large);
    expect([cache.get('e'), cache.bytes]).toEqual([undefined, 48]);
  });

  test('keeps the first of two under one key', () => {
    const cache = createFeatureCache(100);
    const first = cache.set('a', new Float32Array(1));
    expect(cache.set('a', new Float32Array(1))).toBe(first);
    expect(cache.bytes).toBe(4);
  });
});
