import { nativeStatus, useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRng, groupedConv1d, mixSeed, normal } from '../index';
import { relativeError } from '../test';
import { fused, hasFused } from './fused';
import { kernels } from './kernels';
import { plain } from './plain';
import type { AttentionOf, Kernels, Places } from './types';

const size = fc.integer({ min: 1, max: 40 });
/** Rows that are several parts for the threads, and some that are one. */
const rows = fc.oneof(size, fc.integer({ min: 1000, max: 3000 }));
const rate = fc.constantFrom(0, 0.1, 0.5);

/** The four words of a counter (Salmon and others, Parallel random numbers: as easy as 1, 2, 3, 2011). */
function philox(counter: number, [first, second]: readonly [number, number]): number[] {
  let words = [BigInt(counter), 0n, 0n, 0n] as [bigint, bigint, bigint, bigint];
  let keys = [BigInt(first), BigInt(second)] as [bigint, bigint];
  const low = (value: bigint) => value & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [a, b] = [words[0] * 0xd2511f53n, words[2] * 0xcd9e8d57n];
    words = [(b >> 32n) ^ words[1] ^ keys[0], low(b), (a >> 32n) ^ words[3] ^ keys[1], low(a)];
    keys = [low(keys[0] + 0x9e3779b9n), low(keys[1] + 0xbb67ae85n)];
  }
  return words.map(Number);
}

/** One head of one sequence. */
const alone = (Q: number, K: number): AttentionOf => ({
  own: { B: 1, T: Q },
  other: { B: 1, T: K },
  heads: 1,
  mask: tf.ones([1, K]),
  kept: undefined,
  rate: 0,
  temperature: 1,
});

describe.skipIf(!nativeStatus().ok)('fused operations', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native', log: () => {} });
  });

  /**
   * The largest relative error of what `compute` gives by fused operations, beside plain ones; of what is smaller than
   * `least` in the 2-norm, as a share of that.
   */
  function difference(compute: (kernels: Kernels) => tf.Tensor[], least = 0): number {
    return tf.tidy(() => {
      const [ours, theirs] = [compute(fused), compute(plain)];
      expect(ours.map(({ shape }) => shape)).toEqual(theirs.map(({ shape }) => shape));
      return Math.max(...ours.map((one, i) => relativeError(one, theirs[i]!, least)));
    });
  }
  const draw = (shape: number[], seed: number) => normal(shape as [number, number], 2, createRng(seed)) as tf.Tensor;
  const keep = (shape: number[], rate: number, seed: number) =>
    rate === 0 ? undefined : fused.drawKept(shape, rate, seed);

  test('are in use', () => {
    const before = tf.memory().numTensors;
    expect(hasFused()).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    expect(kernels()).toBe(fused);
  });

  test('activations and their gradients', () => {
    fc.assert(
      fc.property(rows, size, fc.constantFrom('gelu', 'relu'), rate, fc.integer(), (n, d, name, rate, seed) => {
        const [x, dy, kept] = [draw([n, d], seed), draw([n, d], seed + 1), keep([n, d], rate, seed)];
        const of = (kernels: Kernels) => {
          const { value, gradient } = kernels.activations[name].both(x, kept, rate);
          return [kernels.activations[name].value(x, kept, rate), value, gradient(dy)];
        };
        expect(difference(of, 1)).toBeLessThan(1e-5);
        tf.dispose([x, dy, kept ?? []]);
      }),
      // The gelu of -2.67 is 0.01 and comes of 1 - 0.9925: its last bits are those of numbers near 1.
      { examples: [[1, 1, 'gelu', 0, -441604524]] },
    );
  });

  test('dropout, a bias, and sums of rows', () => {
    fc.assert(
      fc.property(rows, size, fc.integer(), (n, d, seed) => {
        const [x, bias, kept] = [draw([n, d], seed), draw([1, d], seed + 1).reshape([d]), keep([n, d], 0.3, seed)!];
        const of = (kernels: Kernels) => {
          const given = tf.add(x, 1);
          return [kernels.drop(x, kept, 0.3), kernels.addBias(given, bias), kernels.sumRows(tf.abs(x) as tf.Tensor2D)];
        };
        expect(difference(of)).toBeLessThan(1e-5);
        tf.dispose([x, bias, kept]);
      }),
    );
  });

  test('products, of a matrix as it stands, transposed or packed before', () => {
    // Of more terms than are added up at once; 2048 numbers apart, rows crowd in a cache.
    const terms = fc.oneof(size, fc.constantFrom(767, 800, 2048));
    fc.assert(
      fc.property(rows, terms, fc.oneof(size, fc.integer({ min: 60, max: 200 })), fc.integer(), (M, K, N, seed) => {
        const [x, weight, bias] = [draw([M, K], seed), draw([K, N], seed + 1), draw([1, N], seed + 2).reshape([N])];
        const transposed = tf.transpose(weight);
        const linear = ({ project, addBias, product }: Kernels, weight: tf.Tensor) =>
          project?.(x, weight, bias) ?? addBias(product(x, weight, false, false), bias);
        const of = (kernels: Kernels) => [
          kernels.product(x, weight, false, false),
          kernels.product(x, transposed, false, true),
          linear(kernels, weight),
          linear(kernels, kernels.pack?.(weight as tf.Tensor2D) ?? weight),
        ];
        expect(difference(of)).toBeLessThan(1e-5);
        tf.dispose([x, weight, bias, transposed]);
      }),
      { numRuns: 50 },
    );
  });

  test('which entries stay is drawn by Philox 4x32-10', () => {
    const shape = [1000, 77];
    const kept = fused.drawKept(shape, 0.25, 5);
    expect([kept.dtype, kept.shape]).toEqual(['bool', shape]);
    const bytes = [...kept.dataSync()];
    const seeds = [5, mixSeed(5, 1) >>> 0] as const;
    for (const i of [0, 1, 15, 16, 17, 127, 128, 12_345, 76_999]) {
      const [group, within] = [Math.floor(i / 128), i % 128];
      const word = philox(group * 16 + (within % 16), seeds)[within >> 5]!;
      const bits = (within >> 4) % 2 === 0 ? word & 0xffff : word >>> 16;
      expect(bytes[i], `entry ${i}`).toBe(Number(bits >= 0x4000));
    }
    expect(bytes.reduce((sum, one) => sum + one) / bytes.length).toBeCloseTo(0.75, 2);
    // The known answer that comes with the generator.
    expect(philox(0, [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  test('rows by their numbers', () => {
    fc.assert(
      fc.property(rows, size, size, fc.integer(), (n, m, D, seed) => {
        const x = draw([n, D], seed);
        const rng = createRng(seed);
        const index = tf.tensor1d(
          Array.from({ length: m }, () => Math.floor(rng.uniform() * (n + 1))),
          'int32',
        );
        expect(difference((kernels) => [kernels.takeRows(x, index)])).toBe(0);
        tf.dispose([x, index]);
      }),
    );
  });

  test('the layer norm of a sum, and its gradients', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 8, max: 40 }), rate, fc.boolean(), fc.integer(), (n, d, rate, sum, seed) => {
        const [x, y, dy] = [draw([n, d], seed), draw([n, d], seed + 1), draw([n, d], seed + 2)] as const;
        const [weight, bias] = [draw([1, d], seed + 3).reshape([d]), draw([1, d], seed + 4).reshape([d])];
        const kept = sum ? keep([n, d], rate, seed) : undefined;
        const of = (kernels: Kernels) => {
          const inputs = { x, ...(sum && { change: y }), kept, rate, weight, bias, epsilon: 1e-3 };
          const { value, unit, scale } = kernels.addNorm(inputs);
          const grads = kernels.addNormGradients({ dy, unit, scale, weight, kept, rate });
          const { dx, dChange, dWeight, dBias } = grads;
          const alone = kernels.addNormValue?.(inputs) ?? value;
          return [value, alone, unit, scale.reshape([n]), dx, dWeight, dBias, ...(dChange ? [dChange] : [])];
        };
        expect(difference(of)).toBeLessThan(1e-4);
        tf.dispose([x, y, dy, weight, bias, kept ?? []]);
      }),
    );
  });

  /** Sequences [B, T] with their rows; of packed ones, positions that have none, but for the first of all. */
  function placesOf(B: number, T: number, packed: boolean, seed: number): Places & { R: number; mask: tf.Tensor2D } {
    const rng = createRng(seed);
    const real = Array.from({ length: B * T }, (_, i) => !packed || i === 0 || rng.uniform() < 0.7);
    const positions = [...real.keys()].filter((i) => real[i]);
    const R = positions.length;
    if (!packed) return { B, T, R, mask: tf.tidy(() => tf.cast(tf.greater(draw([B, T], seed), 0), 'float32')) };
    const rows = real.map((is, i) => (is ? positions.indexOf(i) : R));
    const mask = tf.tensor2d(real.map(Number), [B, T]);
    return { B, T, R, mask, packed: { positions: tf.tensor1d(positions, 'int32'), rows: tf.tensor1d(rows, 'int32') } };
  }

  test('attention, and its gradients', () => {
    const axis = fc.integer({ min: 1, max: 5 });
    const length = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 200 }));
    const packing = fc.tuple(fc.boolean(), fc.boolean());
    const d = fc.constantFrom(1, 3, 16, 33, 64);
    fc.assert(
      fc.property(axis, axis, length, length, d, packing, rate, fc.integer(), (B, H, Q, K, d, packed, rate, seed) => {
        const [own, other] = [placesOf(B, Q, packed[0], seed), placesOf(B, K, packed[1], seed + 1)];
        const rowsOf = ({ R }: { R: number }, part: number) => draw([R, H * d], mixSeed(seed, part));
        const rows = { queries: rowsOf(own, 1), keys: rowsOf(other, 2), values: rowsOf(other, 3) };
        const dy = rowsOf(own, 4);
        const kept = keep([B, H, Q, K], rate, seed);
        const of = { own, other, heads: H, mask: other.mask, kept, rate, temperature: 0.4 / Math.sqrt(d) };
        const compute = (kernels: Kernels) => {
          const { value, saved } = kernels.attend(rows, of);
          const { dQueries, dKeys, dValues } = kernels.attendGradients(saved, dy, of);
          // Side by side: where one weight is 1, the gradient of the scores is rounding alone.
          return [tf.concat([value, dQueries]), tf.concat([dKeys, dValues])];
        };
        expect(difference(compute)).toBeLessThan(1e-4);
        tf.dispose([rows, dy, kept ?? [], own, other] as tf.TensorContainer);
      }),
    );
  });

  test('a convolution, beside the same as a product of windows that are laid out', () => {
    const channels = fc.integer({ min: 1, max: 40 });
    const small = fc.integer({ min: 1, max: 4 });
    const length = fc.integer({ min: 4, max: 300 });
    fc.assert(
      fc.property(small, length, channels, channels, small, small, fc.boolean(), (B, T, C, O, K, stride, hasBias) => {
        const [x, filter] = [draw([B, T, C], T), draw([K, C, O], C)] as [tf.Tensor3D, tf.Tensor3D];
        const bias = hasBias ? (draw([1, O], 1).reshape([O]) as tf.Tensor1D) : undefined;
        const byWindows = () => {
          const padded = groupedConv1d(tf.slice(x, [0, 1, 0]), filter, bias, { stride, padding: [1, 0] });
          const frames = tf.pad(tf.slice(x, [0, 1, 0]), [
            [0, 0],
            [1, 0],
            [0, 0],
          ]) as tf.Tensor3D;
          return relativeError(fused.convolution!(frames, filter, bias, stride), padded);
        };
        expect(tf.tidy(byWindows)).toBeLessThan(1e-5);
        tf.dispose([x, filter, bias ?? []]);
      }),
    );
  });

  const adamStep = { gradScale: 0.5, learningRate: 0.1, weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };

  test('steps of AdamW, and sums of squares', () => {
    fc.assert(
      fc.property(rows, size, fc.integer(), (n, d, seed) => {
        const values = [draw([n, d], seed), draw([1, d], seed + 1)];
        const grads = values.map(({ shape }, i) => draw(shape, seed + 2 + i));
        const means = grads.map((grad) => tf.square(grad));
        const of = (kernels: Kernels) => {
          const moments = kernels.adamMoments(means, means);
          const first = moments.step(values, grads, { ...adamStep, count: 3 });
          const second = moments.step(first, grads, { ...adamStep, count: 4 });
          const results = [...first, ...second, ...moments.read().flat(), ...grads.map(kernels.squareSum)];
          moments.dispose();
          return results;
        };
        expect(difference(of)).toBeLessThan(1e-5);
        tf.dispose([values, grads, means]);
      }),
    );
  });

  test("a step of AdamW writes into nothing but its own means, and says where a gradient's NaN goes", () => {
    const given = () => tf.tensor1d([1, 2, 3]);
    const [value, grad, first, second] = [given(), tf.tensor1d([1, Number.NaN, 0]), given(), given()] as const;
    const clone = tf.clone(first);
    const moments = fused.adamMoments([clone], [second]);
    const read = moments.read();
    const [updated] = moments.step([value], [grad], { ...adamStep, count: 1 });
    for (const tensor of [value, first, second, clone, ...read.flat()])
      expect([...tensor.dataSync()]).toEqual([1, 2, 3]);
    for (const tensor of [updated!, ...moments.read().flat()])
      expect([...tensor.dataSync()].map(Number.isNaN)).toEqual([false, true, false]);
    expect(fused.squareSum(grad).dataSync()[0]).toBeNaN();
    expect(fused.squareSum(tf.zeros([0])).dataSync()[0]).toBe(0);
    moments.dispose();
  });

  test('a sum of many squares is exact within rounding', () => {
    const size = 20_000_001;
    const x = tf.fill([size], 0.1);
    expect(fused.squareSum(x).dataSync()[0]! / (size * Math.fround(0.1) ** 2)).toBeCloseTo(1, 5);
    x.dispose();
  });

  test('what is not a number stays where it is, and tiny numbers are no trouble', () => {
    const x = tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, 1e-40, -0, 3e38, -3e38, 1]);
    const valuesOf = (x: tf.Tensor) => [...x.dataSync()].map((value) => value + 0); // no -0
    const values = (kernels: Kernels) => valuesOf(kernels.activations.gelu.value(x));
    expect(values(fused).slice(0, 6)).toEqual(values(plain).slice(0, 6));
    expect(values(fused)[6]).toBeCloseTo(values(plain)[6]!, 6);
    const queries = tf.tensor2d([[Number.NaN], [1]]);
    const keys = tf.tensor2d([[1], [2]]);
    const read = [...fused.attend({ queries, keys, values: keys }, alone(2, 2)).value.dataSync()];
    expect([Number.isNaN(read[0]), Number.isNaN(read[1])]).toEqual([true, false]);
    const relus = (kernels: Kernels) => valuesOf(kernels.activations.relu.value(x));
    expect(relus(fused)).toEqual(relus(plain));
    const inputs = {
      x: tf.tensor2d([
        [1, Number.NaN],
        [1, 2],
      ]),
      weight: tf.ones([2]),
      bias: tf.zeros([2]),
      epsilon: 1e-5,
    };
    const normed = [...fused.addNorm(inputs).value.dataSync()];
    expect(normed.map(Number.isNaN)).toEqual([true, true, false, false]);
  });

  test('nothing at all is no trouble either', () => {
    const none = tf.zeros([0, 4]);
    const { value: activated, gradient } = fused.activations.gelu.both(none);
    expect([activated.shape, gradient(none).shape]).toEqual([none.shape, none.shape]);
    expect(fused.addBias(none, tf.ones([4])).shape).toEqual([0, 4]);
    expect(fused.project!(none, tf.ones([4, 3]), tf.ones([3])).shape).toEqual([0, 3]);
    expect([...fused.project!(tf.zeros([2, 0]), tf.zeros([0, 2]), tf.tensor1d([1, 2])).dataSync()]).toEqual([
      1, 2, 1, 2,
    ]);
    expect([...fused.product(tf.zeros([1, 0]), tf.zeros([2, 0]), false, true).dataSync()]).toEqual([0, 0]);
    const weight = tf.ones([4]);
    const { value, unit, scale } = fused.addNorm({ x: none, weight, bias: weight, epsilon: 1e-5 });
    expect(value.shape).toEqual([0, 4]);
    expect(fused.addNormValue!({ x: none, weight, bias: weight, epsilon: 1e-5 }).shape).toEqual([0, 4]);
    const { dx, dWeight } = fused.addNormGradients({ dy: none, unit, scale, weight });
    expect(dx.shape).toEqual([0, 4]);
    expect([...dWeight.dataSync()]).toEqual([0, 0, 0, 0]);
    const keys = tf.zeros([3, 4]);
    expect(fused.attend({ queries: none, keys, values: keys }, alone(0, 3)).value.shape).toEqual([0, 4]);
    const ofNothing = fused.attend({ queries: keys, keys: none, values: none }, alone(3, 0)).value;
    expect([...ofNothing.dataSync()]).toEqual(Array(12).fill(0));
  });

  test('what does not fit together is refused, not read', () => {
    const x = tf.zeros([3, 4]);
    const weight = tf.ones([4]);
    const normOf = (inputs: object) => () => fused.addNorm({ x, weight, bias: weight, epsilon: 1e-5, ...inputs });
    expect(normOf({ weight: tf.ones([3]) })).toThrow('weight and bias: expected the width of x');
    expect(normOf({ change: tf.ones([3, 3]) })).toThrow('change: expected nothing, or the shape of x');
    expect(normOf({ change: x, kept: tf.ones([4], 'bool') })).toThrow('kept: expected nothing, or the shape of change');
    expect(() => fused.drop(x, tf.ones([4], 'bool'), 0.5)).toThrow('kept: expected as many entries as x');
    const convolution = (K: number, bias: tf.Tensor1D | undefined, stride: number) => () =>
      fused.convolution!(tf.zeros([1, 5, 2]), tf.zeros([K, 2, 3]), bias, stride);
    expect(convolution(6, undefined, 1)).toThrow('filter: expected one that fits at least once');
    expect(convolution(2, undefined, 0)).toThrow('filter: expected one that fits at least once');
    expect(convolution(2, tf.zeros([2]), 1)).toThrow('bias: expected nothing, or one of each channel');
    expect([...fused.takeRows(x, tf.tensor1d([9, -1], 'int32')).dataSync()]).toEqual(Array(8).fill(0));
    const attentionOf = (of: Partial<AttentionOf>) => () => {
      fused.attend({ queries: x, keys: x, values: x }, { ...alone(3, 3), ...of });
    };
    expect(attentionOf({ heads: 3 })).toThrow('heads: expected a number that divides the width');
    expect(attentionOf({ mask: tf.ones([2, 3]) })).toThrow('mask: expected [B, K]');
    expect(attentionOf({ kept: tf.ones([4], 'bool') })).toThrow('kept: expected nothing, or [B, H, Q, K]');
    const beyond = { positions: tf.tensor1d([0, 1, 2], 'int32'), rows: tf.tensor1d([0, 1, 9], 'int32') };
    expect(attentionOf({ own: { B: 1, T: 3, packed: beyond } })).toThrow('rows: expected each at one position');
    expect(attentionOf({ other: { B: 1, T: 2 }, mask: tf.ones([1, 2]) })).toThrow(
      'rows: expected each at one position',
    );
    const { saved } = fused.attend({ queries: x, keys: x, values: x }, alone(3, 3));
    expect(() => fused.attendGradients(saved, weight, alone(3, 3))).toThrow('expected the shape of the queries');
    expect(() => fused.activations.gelu.value(x, tf.ones([4], 'bool'))).toThrow('kept: expected nothing, or the shape');
    expect(() => fused.activations.relu.both(x).gradient(weight)).toThrow('the gradient: expected the shape of x');
    expect(() => fused.addBias(x, tf.ones([3]))).toThrow('bias: expected the width of the rows');
    expect(() => fused.product(x, tf.ones([3, 4]), false, false)).toThrow(
      'weight: expected as many terms as x has columns',
    );
    expect(() => fused.product(x, tf.ones([4, 3]), false, true)).toThrow(
      'weight: expected as many terms as x has columns',
    );
    expect(() => fused.project!(x, tf.ones([4, 3]), weight)).toThrow('bias: expected one of each column');
    expect(() => fused.project!(x, tf.ones([1, 4, 5]), weight)).toThrow('weight [K, N], or a packed one');
    const packed = fused.pack!(tf.ones([4, 3]));
    expect(() => fused.project!(x, packed, tf.ones([packed.shape[2] + 1]))).toThrow(
      'panels of as many columns as bias has',
    );
    expect(() => fused.project!(tf.ones([3, 5]), packed, tf.ones([3]))).toThrow('weight: expected as many terms');
    const inGroups = (groups: number, before: number, bias?: tf.Tensor1D) => () =>
      fused.groupedConvolution!.value(tf.zeros([1, 5, 4]), tf.zeros([3, 2, 6]), bias, { groups, before, after: 0 });
    expect(inGroups(3, 0)).toThrow('filter: expected [K, c, G o] for x [B, T, G c]');
    expect(inGroups(2, 3)).toThrow('expected fewer than the filter sees');
    expect(inGroups(2, 0, tf.ones([4]))).toThrow('bias: expected nothing, or one of each channel');
    expect(() =>
      fused.groupedConvolution!.gradients(tf.zeros([1, 5, 4]), tf.zeros([3, 2, 6]), tf.zeros([1, 5, 6]), {
        groups: 2,
        before: 0,
        after: 0,
      }),
    ).toThrow('dy: expected the shape of the convolution');
    const moments = fused.adamMoments([x], [x]);
    const stepOf = (value: tf.Tensor, grad: tf.Tensor) => () =>
      moments.step([value], [grad], { ...adamStep, count: 1 });
    for (const step of [stepOf(x, weight), stepOf(weight, x)])
      expect(step).toThrow('gradient and means: expected the shape of the value');
    moments.dispose();
  });

  test('give the same bits again and again', () => {
    const [x, dy, weight] = [draw([2500, 96], 1), draw([2500, 96], 2), draw([1, 96], 3).reshape([96])];
    const run = () =>
      tf.tidy(() => {
        const { value, unit, scale } = fused.addNorm({ x, weight, bias: weight, epsilon: 1e-5 });
        const { dx, dWeight, dBias } = fused.addNormGradients({ dy, unit, scale, weight });
        const of = { ...alone(2500, 2500), heads: 3 };
        const { value: read, saved } = fused.attend({ queries: x, keys: dy, values: x }, of);
        const grads = Object.values(fused.attendGradients(saved, dy, of));
        const moments = fused.adamMoments([x], [x]);
        const updated = moments.step([x], [dy], { ...adamStep, count: 1 });
        const [frames, filter] = [tf.reshape(x, [50, 50, 96]) as tf.Tensor3D, tf.reshape(dy.slice(0, 96), [3, 32, 96])];
        const inGroups = { groups: 3, before: 1, after: 1 };
        const results = [
          fused.project!(x, dy.slice(0, 96), weight),
          fused.product(x, dy, false, true),
          fused.groupedConvolution!.value(frames, filter as tf.Tensor3D, weight as tf.Tensor1D, inGroups),
          ...fused.groupedConvolution!.gradients(frames, filter as tf.Tensor3D, frames, inGroups),
          fused.activations.gelu.value(x),
          value,
          dx,
          dWeight,
          dBias,
          fused.squareSum(x),
          read,
          ...grads,
          ...updated,
          ...moments.read().flat(),
        ];
        moments.dispose();
        return results.map((tensor) => Buffer.from(tensor.dataSync().buffer).toString('base64'));
      });
    const first = run();
    for (let time = 0; time < 5; time++) expect(run()).toEqual(first);
  });

  test('leave one tensor behind for each result', () => {
    const [x, weight, square] = [draw([3, 4], 1), tf.ones([4]), tf.ones([4, 4])];
    const kept = keep([3, 4], 0.5, 1)!;
    const before = tf.memory().numTensors;
    const ofNorm = { x, change: x, kept, rate: 0.5, weight, bias: weight, epsilon: 1e-5 };
    tf.dispose([fused.addNorm(ofNorm), fused.addNormValue!(ofNorm)] as tf.TensorContainer);
    const of = { ...alone(3, 3), heads: 2 };
    const { value, saved } = fused.attend({ queries: x, keys: x, values: x }, of);
    tf.dispose([value, fused.attendGradients(saved, x, of)] as tf.TensorContainer);
    tf.dispose(saved.filter((tensor) => tensor !== x && tensor !== of.mask));
    tf.dispose(of.mask);
    const packed = fused.pack!(square as tf.Tensor2D);
    tf.dispose([fused.project!(x, square, weight), fused.project!(x, packed, weight), packed]);
    const [frames, filter] = [tf.ones([1, 3, 4]) as tf.Tensor3D, tf.ones([3, 2, 4]) as tf.Tensor3D];
    const inGroups = { groups: 2, before: 1, after: 1 };
    tf.dispose(fused.groupedConvolution!.value(frames, filter, undefined, inGroups));
    tf.dispose(fused.groupedConvolution!.gradients(frames, filter, frames, inGroups));
    tf.dispose([frames, filter]);
    tf.dispose([
      fused.activations.gelu.value(x, kept, 0.5),
      fused.addBias(tf.ones([3, 4]), weight),
      fused.product(x, x, false, true),
      fused.drop(x, kept, 0.5),
      fused.drawKept([3, 4], 0.5, 1),
    ]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
