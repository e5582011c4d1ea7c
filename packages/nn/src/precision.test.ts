import { useBackend, whyNoBf16 } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  adamWStep,
  attentionOfRows,
  createRng,
  disposeAdamW,
  disposeParams,
  evaluating,
  feedForward,
  freeze,
  fullLayout,
  initAdamW,
  initAttention,
  initFeedForward,
  initLinear,
  type LinearParams,
  linearLayer,
  matMul,
  normal,
  type Params,
  product,
  trainable,
  variables,
  withPrecision,
} from './index';
import { gradientsOf, relativeError } from './test';

// Odd, and enough for bfloat16 to gain.
const [M, K, N] = [257, 211, 301];

const reason = whyNoBf16(await useBackend({ log: () => {} }));
if (reason) console.warn(`bfloat16 left out: ${reason}`);

const flags = [false, true];
const fourTransposes = flags.flatMap((a) => flags.map((b) => [a, b] as const));
const draw = (shape: number[], seed = 1) => normal(shape as [number, number], 1, createRng(seed)) as tf.Tensor2D;
const operands = (transposeA = false, transposeB = false) => ({
  a: draw(transposeA ? [K, M] : [M, K]),
  b: draw(transposeB ? [N, K] : [K, N], 2),
});
const bits = (x: tf.Tensor) => [...new Uint32Array(x.dataSync<'float32'>().slice().buffer)];
/** A result of bfloat16 has none of float32's lower 16 bits. */
const isBf16 = (x: tf.Tensor) => bits(x).every((word) => (word & 0xffff) === 0);

/** To the nearest bfloat16, of two equally near the even one. */
function rounded(x: tf.Tensor): Float32Array {
  const words = new Uint32Array(x.dataSync<'float32'>().slice().buffer);
  words.forEach((word, i) => {
    words[i] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  });
  return new Float32Array(words.buffer);
}

// Even, so that two numbers stand in one entry.
const [R, D, WIDTH] = [320, 256, 1024];
const lora = { scale: 2, dropout: 0 };
const withLora = (params: LinearParams): LinearParams => ({
  ...params,
  lora_A: { weight: normal([params.weight.shape[0], 64], 0.05, createRng(7)) },
  lora_B: { weight: normal([64, params.weight.shape[1]], 0.05, createRng(8)) },
});
/** `reads`: how many numbers it keeps of what it reads. */
type Layer<P> = { params: () => P; layer: (params: P, x: tf.Tensor2D) => tf.Tensor2D; reads: number };
const layerOf = <P extends object>(layer: Layer<P>) => layer as unknown as Layer<object>;
const layers = {
  linear: layerOf({
    params: () => ({ linear: initLinear(D, D, createRng(3)) }),
    layer: ({ linear }, x) => linearLayer(linear, x),
    reads: R * D,
  }),
  'feed-forward network': layerOf({
    params: () => initFeedForward(D, WIDTH, createRng(3)),
    layer: (params, x) => feedForward(params, x, 'gelu'),
    reads: R * (D + WIDTH),
  }),
  'feed-forward network with LoRA': layerOf({
    params: () => {
      const { inner, outer } = initFeedForward(D, WIDTH, createRng(3));
      return { inner: withLora(inner), outer: withLora(outer) };
    },
    layer: (params, x) => feedForward(params, x, 'gelu', 0, evaluating, lora),
    reads: R * (D + WIDTH),
  }),
  attention: layerOf({
    params: () => initAttention(D, createRng(3)),
    layer: (params, x) => {
      const rows = { rows: x, layout: fullLayout(tf.ones([4, R / 4])) };
      return attentionOfRows(params, rows, rows, { numHeads: 4, dropout: 0 }, evaluating);
    },
    reads: 6 * R * D, // x for the queries and once more for keys and values, these three, and what the heads read
  }),
};

/** Of tfjs, and TensorFlow's own, which has those that tfjs does not know. */
const inMemory = () => [
  tf.memory().numTensors,
  (tf.backend() as unknown as { binding: { getNumOfTensors(): number } }).binding.getNumOfTensors(),
];
/** A test in a tidy that leaves nothing in memory. */
const tidily = (body: () => void) => () => {
  const before = inMemory();
  tf.tidy(body);
  expect(inMemory()).toEqual(before);
};

describe.skipIf(reason)('withPrecision bf16', () => {
  test.each(fourTransposes)(
    'multiplies matrices rounded to bfloat16: transposeA %s, transposeB %s',
    (transposeA, transposeB) =>
      tidily(() => {
        const { a, b } = operands(transposeA, transposeB);
        const ours = withPrecision('bf16', () => product(a, b, transposeA, transposeB));
        expect(ours.shape).toEqual([M, N]);
        expect(isBf16(ours)).toBe(true);
        const [left, right, values] = [rounded(a), rounded(b), ours.dataSync()];
        let [wrong, difference, norm] = [0, 0, 0];
        for (let i = 0; i < M; i++)
          for (let j = 0; j < N; j++) {
            let [sum, size] = [0, 0]; // in double precision
            for (let k = 0; k < K; k++) {
              const term = left[transposeA ? k * M + i : i * K + k]! * right[transposeB ? j * K + k : k * N + j]!;
              sum += term;
              size += Math.abs(term);
            }
            const found = values[i * N + j]!;
            // Half a last place of the result, and as much as float32 loses of a sum.
            if (Math.abs(found - sum) > 2 ** -8 * Math.abs(sum) + K * 2 ** -24 * size) wrong++;
            difference += (found - sum) ** 2;
            norm += sum ** 2;
          }
        expect(wrong).toBe(0);
        expect(Math.sqrt(difference / norm)).toBeLessThan(1e-2);
        expect(relativeError(ours, tf.matMul(a, b, transposeA, transposeB))).toBeLessThan(1e-2);
      })(),
  );

  test(
    'what is not a number, and infinity, pass through',
    tidily(() => {
      const values = operands().a.dataSync().slice();
      values[0] = Number.NaN;
      values[K] = Number.POSITIVE_INFINITY;
      values[2 * K] = Number.NEGATIVE_INFINITY;
      values[3 * K] = 3.4e38; // above the largest bfloat16
      const ours = withPrecision('bf16', () => product(tf.tensor2d(values, [M, K]), tf.ones([K, N]))).arraySync();
      const rows = ours as number[][];
      expect(rows.slice(0, 4).map((row) => new Set(row))).toEqual([
        new Set([Number.NaN]),
        new Set([Number.POSITIVE_INFINITY]),
        new Set([Number.NEGATIVE_INFINITY]),
        new Set([Number.POSITIVE_INFINITY]),
      ]);
      expect(rows.slice(4).flat().every(Number.isFinite)).toBe(true);
    }),
  );

  test(
    'leaves small, narrow and batched products in float32',
    tidily(() => {
      const cases = [
        [draw([64, 64]), draw([64, 64], 2)],
        [draw([9000, 96]), draw([96, 24], 2)],
        [draw([4 * 150, 150]).reshape([4, 150, 150]), draw([4 * 150, 150], 2).reshape([4, 150, 150])],
      ] as const;
      for (const [a, b] of cases) expect(bits(withPrecision('bf16', () => product(a, b)))).toEqual(bits(product(a, b)));
    }),
  );

  test(
    'has gradients within 2e-2 of those in float32',
    tidily(() => {
      const params = trainable({ layer: initLinear(K, N, createRng(3)), a: operands().a, b: operands().b });
      const weight = draw([M, N], 4);
      const losses = {
        matMul: () => tf.sum(tf.mul(weight, matMul(params.a, params.b))),
        linear: () => tf.sum(tf.mul(weight, linearLayer(params.layer, params.a))),
      };
      for (const loss of Object.values(losses)) {
        const run = () => gradientsOf(loss as () => tf.Scalar, params).gradients;
        const [plain, ours] = [run(), withPrecision('bf16', run)];
        expect(ours.size).toBeGreaterThan(1);
        for (const [path, gradient] of ours) {
          expect(relativeError(gradient, plain.get(path)!), path).toBeLessThan(2e-2);
          expect(isBf16(gradient), path).toBe(path !== 'layer.bias');
        }
      }
      disposeParams(params);
    }),
  );

  test.each(Object.entries(layers))(
    "keeps half of what a %s reads: its gradients are within 2e-2 of float32's, a product's gradient the same to the bit",
    (_, { params: init, layer, reads }) =>
      tidily(() => {
        const params = trainable({ ...init(), x: draw([R, D], 5) } as Params) as Params & { x: tf.Tensor2D };
        const weight = draw([R, D], 6);
        let kept = 0;
        const loss = () => {
          const before = tf.memory().numBytes;
          const y = tf.tidy(() => layer(params, tf.mul(params.x, 1))); // leaves its value, and what the tape keeps
          kept = tf.memory().numBytes - before - y.size * 4;
          return tf.sum(tf.mul(weight, y)) as tf.Scalar;
        };
        const run = () => gradientsOf(loss, params).gradients;
        const plain = run();
        const keptInFloat32 = kept;
        const ours = withPrecision('bf16', run);
        expect(keptInFloat32 - kept).toBe(2 * reads);
        expect(ours.size).toBe(plain.size);
        for (const [path, gradient] of ours) {
          if (path.includes('key.bias')) expect(gradient.abs().max().arraySync()).toBe(0);
          else expect(relativeError(gradient, plain.get(path)!), path).toBeLessThan(2e-2);
        }
        const last = ours.get('linear.weight');
        if (last) expect(bits(last)).toEqual(bits(withPrecision('bf16', () => product(params.x, weight, true))));
        disposeParams(params);
      })(),
  );

  test(
    'keeps one copy of a weight as long as it has this value, and none afterwards',
    tidily(() => {
      const { a, b } = operands();
      const weight = tf.variable(b);
      const double = () => {
        const twice = tf.tidy(() => tf.mul(weight, 2)) as tf.Tensor2D;
        weight.assign(twice);
        twice.dispose();
      };
      const inUse = () => inMemory()[1]!;
      const plain = product(a, b);
      double(); // its value is now its own
      withPrecision('bf16', () => {
        const start = inUse();
        const ours = matMul(a, weight);
        expect(inUse()).toBe(start + 2);
        tf.dispose(tf.grad((x) => matMul(x, weight))(a));
        expect(inUse()).toBe(start + 2);
        expect(
          relativeError(
            ours,
            tf.tidy(() => tf.mul(plain, 2)),
          ),
        ).toBeLessThan(1e-2);
        ours.dispose();
        for (const factor of [4, 8, 16]) {
          double();
          const ours = product(a, weight);
          expect(
            relativeError(
              ours,
              tf.tidy(() => tf.mul(plain, factor)),
            ),
          ).toBeLessThan(1e-2);
          ours.dispose();
        }
        expect(inUse()).toBe(start + 1 + 4 /* results that were compared with */);
      });
      weight.dispose();
    }),
  );

  test(
    'two steps in one scope end with the same bits as each in its own',
    tidily(() => {
      const run = (steps: (step: () => void) => void) => {
        const params = trainable({ free: initLinear(K, N, createRng(1)), frozen: initLinear(N, K, createRng(2)) });
        freeze(params.frozen);
        const x = operands().a;
        const loss = () => tf.mean(tf.square(linearLayer(params.frozen, linearLayer(params.free, x)))) as tf.Scalar;
        const state = initAdamW(variables(params));
        steps(() => adamWStep(state, { weightDecay: 0.1, maxGradNorm: 1 }, [loss, loss], 0.1));
        const result = bits(params.free.weight);
        disposeAdamW(state);
        disposeParams(params);
        return result;
      };
      const twice = (step: () => void) => {
        step();
        step();
      };
      const together = run((step) => withPrecision('bf16', () => twice(step)));
      expect(together).toEqual(run((step) => twice(() => withPrecision('bf16', step))));
      expect(together).not.toEqual(run(twice));
    }),
  );

  test(
    'ends with the computation, if that fails too; float32 within it is float32',
    tidily(() => {
      const { a, b } = operands();
      const weight = tf.variable(b);
      const plain = bits(product(a, weight));
      const fail = () =>
        withPrecision('bf16', () => {
          expect(isBf16(product(a, weight))).toBe(true);
          expect(withPrecision('float32', () => bits(product(a, weight)))).toEqual(plain);
          expect(isBf16(product(a, weight))).toBe(true);
          product(a, weight, true); // misshapen
        });
      expect(fail).toThrow('size-incompatible');
      expect(bits(product(a, weight))).toEqual(plain);
      weight.dispose();
    }),
  );
});

test('is refused where the backend is not native', async () => {
  const name = tf.getBackend();
  await useBackend({ backend: 'cpu', log: () => {} });
  const compute = () => withPrecision('bf16', () => tf.ones([2]));
  expect(compute).toThrow('precision: expected float32 on the backend cpu, found bf16, which native alone computes in');
  expect(withPrecision('float32', () => tf.ones([2]).arraySync())).toEqual([1, 1]);
  await tf.setBackend(name);
});
