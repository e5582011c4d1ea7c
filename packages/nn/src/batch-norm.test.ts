import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import fixture from './__fixtures__/batch-norm.json' with { type: 'json' };
import { applyMask, type BatchNormParams, batchNorm, evaluating, initBatchNorm, momentsOf } from './index';
import { relativeError } from './test';

const training = { training: true, seed: 1 };

describeEachBackend('batchNorm', () => {
  const load = () => ({
    x: tf.tensor3d(fixture.x),
    mask: tf.tensor2d(fixture.mask),
    weightOfOutput: tf.tensor3d(fixture.weightOfOutput),
    params: {
      weight: tf.tensor1d(fixture.weight),
      bias: tf.tensor1d(fixture.bias),
      moments: { mean: tf.tensor1d(fixture.moments.mean), variance: tf.tensor1d(fixture.moments.variance) },
    } satisfies BatchNormParams,
  });

  test("is torch's over the real positions, with its gradients", () => {
    const { x, mask, params, weightOfOutput } = load();
    const run = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      tf.sum(
        tf.mul(
          batchNorm({ ...params, weight, bias } as BatchNormParams, x as tf.Tensor3D, mask, training),
          weightOfOutput,
        ),
      ) as tf.Scalar;
    const output = applyMask(batchNorm(params, x, mask, training), mask);
    expect(relativeError(output, tf.tensor3d(fixture.training))).toBeLessThan(1e-5);
    const { gradients } = fixture;
    const [dx, dWeight, dBias] = tf.grads(run)([x, params.weight, params.bias]);
    expect(relativeError(dx!, tf.tensor3d(gradients.x))).toBeLessThan(1e-4);
    expect(relativeError(dWeight!, tf.tensor1d(gradients.weight))).toBeLessThan(1e-4);
    expect(relativeError(dBias!, tf.tensor1d(gradients.bias))).toBeLessThan(1e-4);
  });

  test('in evaluation it goes by what was measured, whatever the batch', () => {
    const { x, mask, params } = load();
    const output = applyMask(batchNorm(params, x, mask, evaluating), mask);
    expect(relativeError(output, tf.tensor3d(fixture.evaluation))).toBeLessThan(1e-5);
    const alone = batchNorm(params, tf.slice(x, 0, 1), tf.slice(mask, 0, 1), evaluating);
    expect(relativeError(alone, tf.slice(output, 0, 1))).toBe(0);
  });

  test('what stands at padded positions changes nothing, and with the moments of the batch evaluation is training', () => {
    const { x, mask, params } = load();
    const far = tf.add(x, tf.mul(tf.sub(1, tf.expandDims(mask, 2)), 1e3)) as tf.Tensor3D;
    const [near, other] = [x, far].map((x) => applyMask(batchNorm(params, x, mask, training), mask));
    expect(relativeError(other!, near!)).toBeLessThan(1e-6);
    const measured = { ...params, moments: momentsOf(far, mask) };
    expect(relativeError(applyMask(batchNorm(measured, x, mask, evaluating), mask), near!)).toBeLessThan(1e-5);
  });

  test('fresh it changes nothing in evaluation; without a real position nothing is not a number; it leaks no tensor', () => {
    const { x, mask } = load();
    const fresh = initBatchNorm(3);
    expect(relativeError(batchNorm(fresh, x, mask, evaluating), x)).toBeLessThan(1e-5);
    const none = batchNorm(fresh, x, tf.zerosLike(mask), training);
    expect(none.dataSync().every(Number.isFinite)).toBe(true);
    const before = tf.memory().numTensors;
    batchNorm(fresh, x, mask, training).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
