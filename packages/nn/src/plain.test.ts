import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Activation,
  type AttentionParams,
  addNorm,
  attention,
  conv1d,
  createRng,
  disposeParams,
  dropout,
  feedForward,
  gelu,
  initAttention,
  initFeedForward,
  initLayerNorm,
  layerNorm,
  linear,
  type Mode,
  matMul,
  mixSeed,
  normal,
  type Params,
  type Rng,
  trainable,
  unfold,
  variables,
} from './index';
import { differingGradients, relativeError } from './test';

// Layers whose gradient is written by hand, against the same layers written plainly, whose gradient tfjs works out.

type Layer<P> = (params: P, mode: Mode) => tf.Tensor;

function plainAttention(
  p: AttentionParams,
  x: tf.Tensor3D,
  y: tf.Tensor3D,
  mask: tf.Tensor2D,
  H: number,
  rate: number,
) {
  const [B, , D] = x.shape;
  return (mode: Mode) => {
    const heads = (z: tf.Tensor) => tf.transpose(tf.reshape(z, [B, -1, H, D / H]), [0, 2, 1, 3]) as tf.Tensor4D;
    const [q, k, v] = [
      heads(linear(x, p.query.weight, p.query.bias)),
      heads(linear(y, p.key.weight, p.key.bias)),
      heads(linear(y, p.value.weight, p.value.bias)),
    ];
    const scores = tf.mul(matMul(q, k, false, true), 1 / Math.sqrt(D / H));
    const open = tf.add(scores, tf.reshape(tf.mul(tf.sub(1, mask), -1e9), [B, 1, 1, -1]));
    const exps = tf.exp(tf.sub(open, tf.max(open, -1, true)));
    const probs = dropout(tf.div(exps, tf.sum(exps, -1, true)) as tf.Tensor4D, rate, mode);
    const read = tf.reshape(tf.transpose(matMul(probs, v), [0, 2, 1, 3]), x.shape) as tf.Tensor3D;
    return linear(read, p.output.weight, p.output.bias);
  };
}

const plainNorm = (p: { weight: tf.Tensor1D; bias: tf.Tensor1D }, x: tf.Tensor, epsilon: number) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), p.weight), p.bias);
};

const plainActivation: Record<Activation, (x: tf.Tensor) => tf.Tensor> = {
  identity: (x) => x,
  relu: (x) => tf.relu(x),
  gelu: (x) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))),
  'gelu-tanh': (x) => {
    const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  },
};

/** Value and every gradient of the two agree to 1e-5. */
function expectEqual<P extends Params>(start: P, ours: Layer<P>, plain: Layer<P>, seed: number) {
  const params = trainable(start) as P;
  const mode = { training: true, seed };
  const list = [...variables(params)];
  const run = (layer: Layer<P>) => {
    const value = layer(params, mode);
    const weight = normal(value.shape as [number], 1, createRng(seed));
    const loss = () => tf.sum(tf.mul(layer(params, mode), weight)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, [...variables(params).values()]);
    return { value, grads: new Map(list.map(([path, { name }]) => [path, grads[name]!])) };
  };
  const [a, b] = [run(ours), run(plain)];
  expect(relativeError(a.value, b.value)).toBeLessThan(1e-5);
  expect(differingGradients(a.grads, Object.fromEntries(b.grads), 1e-5, 1e-2)).toEqual([]);
  disposeParams(params);
}

const positive = (max: number) => fc.integer({ min: 1, max });
const shapes = fc.record({
  B: positive(3),
  T: positive(6),
  K: positive(6),
  H: positive(3),
  d: positive(5),
  rate: fc.constantFrom(0, 0.3),
  activation: fc.constantFrom(...(Object.keys(plainActivation) as Activation[])),
  seed: fc.integer(),
});
type Shape = typeof shapes extends fc.Arbitrary<infer S> ? S : never;

function check(property: (shape: Shape, rng: Rng) => void): void {
  fc.assert(
    fc.property(shapes, (shape) => {
      tf.engine().startScope();
      property(shape, createRng(shape.seed));
      tf.engine().endScope();
    }),
    { seed: 1, numRuns: 25 },
  );
}

const biased = <P extends Params>(params: P, rng: Rng): P => {
  for (const linear of Object.values(params) as { bias: tf.Tensor }[])
    linear.bias = normal(linear.bias.shape as [number], 1, rng);
  return params;
};

describeEachBackend('hand-written gradients', () => {
  test.each([['self'], ['cross']])('%s-attention', (kind) => {
    check(({ B, T, K, H, d, rate, seed }, rng) => {
      const D = H * d;
      const x = normal<tf.Rank.R3>([B, T, D], 1, rng);
      const y = kind === 'self' ? x : normal<tf.Rank.R3>([B, K, D], 1, rng);
      const lengths = Array.from({ length: B }, () => 1 + Math.floor(rng.uniform() * y.shape[1]));
      const mask = tf.tensor2d(lengths.map((n) => Array.from({ length: y.shape[1] }, (_, t) => Number(t < n))));
      const params = { ...biased(initAttention(D, rng), rng), x, ...(kind === 'cross' && { y }) };
      type P = typeof params;
      const memory = (p: P) => (p as { y?: tf.Tensor3D }).y ?? p.x;
      expectEqual<P>(
        params,
        (p, mode) => attention(p, p.x, memory(p), mask, { numHeads: H, dropout: rate }, mode),
        (p, mode) => plainAttention(p, p.x, memory(p), mask, H, rate)(mode),
        mixSeed(seed, 1),
      );
    });
  });

  test('feed-forward network, every activation, with dropout', () => {
    check(({ B, T, H, d, rate, activation, seed }, rng) => {
      const params = { ...biased(initFeedForward(d, H * d, rng), rng), x: normal<tf.Rank.R3>([B, T, d], 1, rng) };
      expectEqual(
        params,
        (p, mode) => feedForward(p, p.x, activation, rate, mode),
        ({ inner, outer, x }, mode) => {
          const hidden = plainActivation[activation](linear(x, inner.weight, inner.bias));
          return linear(dropout(hidden, rate, mode), outer.weight, outer.bias);
        },
        seed,
      );
    });
  });

  test('layer norm, alone and over x + dropout(change)', () => {
    check(({ B, T, H, d, rate, seed }, rng) => {
      const D = 2 + H * d; // of two entries a layer norm keeps only the order
      const draw = () => normal<tf.Rank.R3>([B, T, D], 1, rng);
      const params = { ...initLayerNorm(D), x: draw(), change: draw() };
      params.weight = normal<tf.Rank.R1>([D], 1, rng);
      const epsilon = 1e-2;
      expectEqual(
        params,
        (p, mode) => addNorm(p, p.x, p.change, { dropout: rate, epsilon }, mode),
        (p, mode) => plainNorm(p, tf.add(p.x, dropout(p.change, rate, mode)), epsilon),
        seed,
      );
      expectEqual(
        { ...initLayerNorm(D), x: draw() },
        (p) => layerNorm(p, p.x, epsilon),
        (p) => plainNorm(p, p.x, epsilon),
        seed,
      );
    });
  });

  test('convolution and gelu', () => {
    check(({ B, T, H, d, K, seed }, rng) => {
      const kernel = 2 * Math.min(H, 3) - 1;
      const params = {
        x: normal<tf.Rank.R3>([B, T, d], 1, rng),
        weight: normal<tf.Rank.R3>([kernel, d, K], 1, rng),
        bias: normal<tf.Rank.R1>([K], 1, rng),
      };
      expectEqual(
        params,
        (p) => gelu(conv1d(p.x, p.weight, p.bias)),
        (p) =>
          plainActivation.gelu(
            linear(unfold(p.x, kernel), tf.reshape(p.weight, [kernel * d, K]) as tf.Tensor2D, p.bias),
          ),
        seed,
      );
    });
  });

  test('what was saved for a gradient is freed', () => {
    const rng = createRng(1);
    const params = trainable({ ...initAttention(8, rng), x: normal<tf.Rank.R3>([2, 3, 8], 1, rng) });
    const mask = tf.ones<tf.Rank.R2>([2, 3]);
    const step = (seed: number) => {
      const mode = { training: true, seed };
      const loss = () => tf.sum(attention(params, params.x, params.x, mask, { numHeads: 2, dropout: 0.1 }, mode));
      const { value, grads } = tf.variableGrads(loss as () => tf.Scalar, [...variables(params).values()]);
      tf.dispose([value, grads]);
    };
    step(0);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) step(i);
    expect(tf.memory().numTensors).toBe(before);
    disposeParams(params);
  });
});
