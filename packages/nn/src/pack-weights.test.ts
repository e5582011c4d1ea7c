import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import {
  createRng,
  disposeParams,
  evaluating,
  initLinear,
  initTransformerLayer,
  leaves,
  linearLayer,
  mapLeaves,
  normal,
  packWeights,
  transformerLayer,
} from './index';
import { kernels } from './kernels/kernels';
import { relativeError } from './test';

describeEachBackend('packWeights', () => {
  const [B, T, D, width] = [2, 7, 36, 70];
  const drawn = () => {
    const rng = createRng(1);
    return mapLeaves(initTransformerLayer(D, width, rng), ({ shape }) => normal(shape as [number], 0.2, rng));
  };

  test('changes nothing of what a layer gives, but the order of its weights', () => {
    const [x, mask] = [normal<tf.Rank.R3>([B, T, D], 1, createRng(2)), tf.ones<tf.Rank.R2>([B, T])];
    const [plain, given] = [drawn(), drawn()];
    const packed = packWeights(given);
    const run = (params: typeof plain) => transformerLayer(params, x, mask, { numHeads: 4, dropout: 0 }, evaluating);
    expect(relativeError(run(packed), run(plain))).toBeLessThan(1e-6);
    expect([...leaves(packed).keys()]).toEqual([...leaves(plain).keys()]);
    expect(packed.attentionNorm.weight).toBe(given.attentionNorm.weight);
    expect(packed.attention.query.bias).toBe(given.attention.query.bias);
    const isPacked = kernels().pack !== undefined;
    expect(given.feedForward.inner.weight.isDisposed).toBe(isPacked);
    expect(packed.feedForward.inner.weight.rank).toBe(isPacked ? 3 : 2);
  });

  test('takes the place of what it was given', () => {
    const before = tf.memory().numTensors;
    const given = { first: initLinear(5, 3, createRng(1)), others: [{ table: tf.ones([4, 4]) }] };
    const packed = packWeights(given);
    expect(packed.others[0]!.table).toBe(given.others[0]!.table);
    disposeParams(packed);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('has no gradient, and says so', () => {
    const packed = packWeights(initLinear(5, 3, createRng(1)));
    const gradient = () => tf.grad((x) => linearLayer(packed, x))(tf.ones([2, 5]));
    if (kernels().pack)
      expect(gradient).toThrow('linear: expected weights as they are for a gradient, found packed ones');
    else expect(gradient().shape).toEqual([2, 5]);
  });
});
