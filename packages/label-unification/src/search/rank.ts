import type { Neighbour } from '../types';

/** The k most similar, most similar first; equally similar ones by id, in the order of their character codes. */
export function mostSimilar(candidates: readonly Neighbour[], k: number): Neighbour[] {
  return candidates
    .toSorted((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .slice(0, k);
}

/**
 * Vectors [N, D], each scaled to length 1.
 *
 * @param name What an error calls vector n.
 * @throws If one is all zeros or has an entry that is no number: nothing can be said of its direction.
 */
export function unitRows(vectors: Float32Array, D: number, name: (n: number) => string): Float32Array {
  const units = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += D) {
    let squares = 0;
    for (let i = start; i < start + D; i++) squares += vectors[i]! * vectors[i]!;
    if (!(squares > 0 && squares < Number.POSITIVE_INFINITY)) {
      const what = squares === 0 ? 'zeros only' : 'an entry that is no finite number';
      throw new Error(`${name(start / D)}: expected a vector with a direction, found ${what}`);
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = start; i < start + D; i++) units[i] = vectors[i]! * scale;
  }
  return units;
}

/** The cosine of a[from a] and b[from b], D numbers each, in double precision. Equal vectors: exactly 1. */
export function cosine(a: Float32Array, fromA: number, b: Float32Array, fromB: number, D: number): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < D; i++) {
    const [x, y] = [a[fromA + i]!, b[fromB + i]!];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product / Math.sqrt(squaresA * squaresB);
}

/** Vectors [D] one after another. @throws If one has another length. */
export function joined(vectors: readonly Float32Array[], D: number): Float32Array {
  const flat = new Float32Array(vectors.length * D);
  vectors.forEach((vector, n) => {
    if (vector.length !== D) throw new Error(`expected vectors of ${D} numbers, found one of ${vector.length}`);
    flat.set(vector, n * D);
  });
  return flat;
}
