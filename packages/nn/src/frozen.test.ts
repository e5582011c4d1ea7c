import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import {
  attention,
  constant,
  createRng,
  evaluating,
  feedForward,
  freeze,
  initAttention,
  initFeedForward,
  initLayerNorm,
  initLinear,
  layerNorm,
  linearLayer,
  trainable,
  variables,
} from './index';
import { gradientsOf, relativeError } from './test';

// Layers some of whose parameters are frozen: what trains gets the gradient that it has when all train.

const D = 4;
function model() {
  const rng = createRng(1);
  return trainable({
    first: initLinear(D, D, rng),
    norm: initLayerNorm(D),
    attention: initAttention(D, rng),
    feedForward: initFeedForward(D, 6, rng),
  });
}

function run(params: ReturnType<typeof model>, x: tf.Tensor3D) {
  const h = layerNorm(params.norm, linearLayer(params.first, x));
  const options = { numHeads: 2, dropout: 0 };
  const attended = attention(params.attention, h, h, tf.ones([2, 3]), options, evaluating);
  return tf.sum(tf.square(tf.sub(feedForward(params.feedForward, attended, 'gelu'), 1))) as tf.Scalar;
}

describeEachBackend('frozen parameters', () => {
  const input = () => tf.tensor3d(Float32Array.from({ length: 24 }, createRng(2).normal), [2, 3, D]);

  test('have no gradient, and change that of no other', () => {
    const x = input();
    const whole = model();
    const all = gradientsOf(() => run(whole, x), whole).gradients;
    for (const name of ['first', 'norm', 'attention', 'feedForward'] as const) {
      const params = model();
      freeze(params[name]);
      const { gradients } = gradientsOf(() => run(params, x), params);
      expect([...gradients.keys()]).toEqual([...all.keys()].filter((path) => !path.startsWith(`${name}.`)));
      for (const [path, gradient] of gradients) expect(relativeError(gradient, all.get(path)!)).toBeLessThan(1e-6);
    }
  });

  test('one leaf of a layer can be frozen alone', () => {
    const x = input();
    const params = model();
    freeze(params.attention.value.weight);
    const { gradients } = gradientsOf(() => run(params, x), params);
    expect(gradients.has('attention.value.weight')).toBe(false);
    expect([...gradients.keys()]).toEqual([...variables(params).keys()]);
  });

  test('what is constant is off the tape: the value stays, no gradient passes', () => {
    const x = input();
    const params = model();
    const scale = tf.variable(tf.scalar(2));
    const loss = () =>
      tf.mul(
        scale,
        constant(() => run(params, x)),
      ) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [scale, ...variables(params).values()]);
    expect(relativeError(value, tf.mul(2, run(params, x)))).toBeLessThan(1e-6);
    expect(Object.keys(grads).filter((name) => grads[name])).toEqual([scale.name]);
  });

  test('LoRA without its scale is refused', () => {
    const { attention: params } = model();
    const query = {
      ...params.query,
      lora_A: { weight: tf.ones<tf.Rank.R2>([D, 1]) },
      lora_B: { weight: tf.ones<tf.Rank.R2>([1, D]) },
    };
    const x = input();
    expect(() =>
      attention({ ...params, query }, x, x, tf.ones([2, 3]), { numHeads: 2, dropout: 0 }, evaluating),
    ).toThrow('linear: expected the scale and the dropout of its lora_A and lora_B, found none');
  });
});
