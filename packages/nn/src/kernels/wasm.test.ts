import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createRng, normal } from '../index';
import { relativeError } from '../test';
import { plain } from './plain';
import { wasm } from './wasm';

beforeAll(async () => {
  await useBackend({ backend: 'wasm', log: () => {} });
});

const axis = fc.integer({ min: 1, max: 6 });

test('rows by their numbers, and attention, are what plain operations give', () => {
  fc.assert(
    fc.property(axis, axis, axis, axis, fc.boolean(), fc.integer(), (B, T, H, d, isPacked, seed) => {
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const rng = createRng(seed);
        const positions = Array.from({ length: B * T }, (_, p) => p).filter(() => !isPacked || rng.uniform() < 0.6);
        const R = positions.length;
        if (R === 0) return;
        const rowOf = Array.from({ length: B * T }, (_, p) => (positions.includes(p) ? positions.indexOf(p) : R));
        const [toPositions, toRows] = [positions, rowOf].map((index) => tf.tensor1d(index, 'int32'));
        const rows = normal<tf.Rank.R2>([R, H * d], 1, rng);
        const others = normal<tf.Rank.R2>([R, H * d], 1, rng);
        const same = (ours: tf.Tensor, theirs: tf.Tensor) => {
          expect(ours.shape).toEqual(theirs.shape);
          expect(ours.dataSync()).toEqual(theirs.dataSync());
        };
        const places = { B, T, ...(isPacked && { packed: { positions: toPositions!, rows: toRows! } }) };
        const mask = tf.tensor2d(
          rowOf.map((row) => Number(row < R)),
          [B, T],
        );
        const of = { own: places, other: places, heads: H, mask, kept: undefined, rate: 0, temperature: 0.5 };
        const results = [wasm, plain].map((kernels) => {
          const { value, saved } = kernels.attend({ queries: rows, keys: others, values: rows }, of);
          const { dQueries, dKeys, dValues } = kernels.attendGradients(saved, others, of);
          return [value, dQueries, dKeys, dValues];
        });
        for (const [i, ours] of results[0]!.entries()) expect(relativeError(ours, results[1]![i]!)).toBeLessThan(1e-5);
        same(wasm.takeRows(rows, toRows!), plain.takeRows(rows, toRows!));
      });
      expect(tf.memory().numTensors).toBe(before);
    }),
  );
});

test('products of many matrices are those of each, and leave one tensor behind', () => {
  fc.assert(
    fc.property(axis, axis, axis, axis, fc.integer(), (count, M, K, N, seed) => {
      const rng = createRng(seed);
      const [a, b] = [normal<tf.Rank.R3>([count, M, K], 1, rng), normal<tf.Rank.R3>([count, K, N], 1, rng)];
      const before = tf.memory();
      const product = wasm.product(a, b, false, false);
      expect(tf.memory().numTensors).toBe(before.numTensors + 1);
      expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
      expect(product.shape).toEqual([count, M, N]);
      const each = tf.tidy(() => tf.unstack(a).map((one, i) => [...tf.matMul(one, tf.unstack(b)[i]!).dataSync()]));
      expect([...product.dataSync()]).toEqual(each.flat());
      tf.dispose([a, b, product]);
      expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers - 2);
    }),
  );
});
