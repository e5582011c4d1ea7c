import type { Ranks } from '@mmolre/backend';
import { numbersOf } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// What ranks tell each other beside numbers, as JSON. A byte travels as a float32, which holds it exactly.

/** What each rank gives, rank 0's first. */
export function gatherJson<T>({ rank, size, sum }: Ranks, value: T): T[] {
  const own = encode(value);
  const lengths = [...numbers(sum, oneOf(size, rank, [own.length]))];
  const start = total(lengths.slice(0, rank));
  const all = numbers(sum, oneOf(total(lengths), start, own));
  return lengths.map((length, i) => {
    const from = total(lengths.slice(0, i));
    return decode<T>(all.subarray(from, from + length));
  });
}

/** What rank 0 gives; the others give nothing. */
export function broadcastJson<T>({ rank, broadcast }: Ranks, value?: T): T {
  const own = rank === 0 ? encode(value) : new Float32Array();
  const [length] = numbers(broadcast, Float32Array.of(own.length));
  return decode<T>(numbers(broadcast, rank === 0 ? own : new Float32Array(length!)));
}

/** Whether one of the ranks says yes. */
export const isAny = ({ sum }: Ranks, yes: boolean): boolean => numbers(sum, Float32Array.of(yes ? 1 : 0))[0]! > 0;

const encode = (value: unknown): Float32Array => Float32Array.from(Buffer.from(JSON.stringify(value ?? null), 'utf8'));
const decode = <T>(bytes: Float32Array): T => JSON.parse(Buffer.from(Uint8Array.from(bytes)).toString('utf8')) as T;

const numbers = (operation: (values: tf.Tensor1D) => tf.Tensor1D, values: Float32Array): Float32Array =>
  numbersOf(() => operation(tf.tensor1d(values)));

/** Zeros but for what begins at `start`. */
function oneOf(length: number, start: number, values: ArrayLike<number>): Float32Array {
  const all = new Float32Array(length);
  all.set(values, start);
  return all;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
