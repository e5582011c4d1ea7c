import { nativeStatus, useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { conv1d, createRng, heldSums, heldUnits, leaves, linear, normal } from './index';
import { differingGradients } from './test';

const drawn = <R extends tf.Rank>(shape: number[], seed: number) =>
  normal<R>(shape as tf.ShapeMap[R], 1, createRng(seed));

type Shape = { ranks: number[]; lengths: number[]; T: number; D: number; taps: number; seed: number };

function draw({ ranks, lengths, T, D, taps, seed }: Shape) {
  const [B, N, S] = [lengths.length, ranks.length, ranks.reduce((sum, rank) => sum + rank, 0)];
  const mask = tf.tensor2d(
    lengths.map((length) => Array.from({ length: T }, (_, t) => Number(t < length))),
    [B, T],
  );
  const choice = (seed: number) => tf.cast(tf.greater(drawn([B, N], seed), -0.5), 'int32') as tf.Tensor2D;
  const [held, gates] = [choice(seed + 1), drawn([B, N], seed + 4)];
  return {
    of: { ranks: tf.tensor1d(ranks, 'int32'), held, mask },
    used: choice(seed + 2),
    x: tf.mul(drawn<tf.Rank.R3>([B, T, D], seed + 3), tf.expandDims(mask, 2)) as tf.Tensor3D,
    gates: tf.add(gates, tf.sign(gates)) as tf.Tensor2D, // none near 0, which would hide an expert's outputs in the value but not in its gate's gradient
    down: drawn<tf.Rank.R3>([taps, D, S], seed + 5),
    downBias: drawn<tf.Rank.R1>([S], seed + 6),
    up: drawn<tf.Rank.R2>([S, D], seed + 7),
    upBias: drawn<tf.Rank.R2>([N, D], seed + 8),
    dy: drawn<tf.Rank.R3>([B, T, D], seed + 9),
  };
}
type Drawn = ReturnType<typeof draw>;

// Between them elu, which has no kink: a unit that rounding moves across one would have another slope.
const ours = ({ of, used, x, gates, down, downBias, up, upBias }: Drawn) =>
  heldSums(tf.elu(heldUnits(x, { down, downBias }, of)), { gates, used }, { up, upBias }, of);

/** All experts by plain products, those that do not take part by gates of 0. */
function theirs({ of, used, x, gates, down, downBias, up, upBias }: Drawn): tf.Tensor3D {
  const ranks = [...of.ranks.dataSync()];
  const live = tf.mul(
    tf.cast(tf.mul(of.held, used), 'float32'),
    ranks.map((rank) => Math.min(rank, 1)),
  ) as tf.Tensor2D;
  const taken = tf.mul(gates, live) as tf.Tensor2D;
  const wide = ranks.flatMap((rank, n) => Array.from({ length: rank }, () => tf.slice(taken, [0, n], [-1, 1])));
  const units = tf.mul(tf.elu(conv1d(x, down, downBias)), tf.expandDims(tf.concat(wide, 1), 1)) as tf.Tensor3D;
  const sums = linear(units, up, tf.zeros<tf.Rank.R1>([up.shape[1]]));
  return tf.mul(tf.add(sums, tf.expandDims(tf.matMul(taken, upBias), 1)), tf.expandDims(of.mask, 2)) as tf.Tensor3D;
}

const names = ['x', 'gates', 'down', 'downBias', 'up', 'upBias'] as const;

function results(drawn: Drawn, compute: (drawn: Drawn) => tf.Tensor3D): tf.Tensor[] {
  const inputs = names.map((name) => drawn[name] as tf.Tensor);
  const value = (...given: tf.Tensor[]) =>
    tf.mul(
      compute({ ...drawn, ...Object.fromEntries(names.map((name, i) => [name, given[i]])) }),
      tf.expandDims(drawn.of.mask, 2),
    );
  return [value(...inputs), ...tf.grads(value)(inputs, drawn.dy)];
}

describe.skipIf(!nativeStatus().ok)('held experts', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native', log: () => {} });
  });

  const shapes = fc.record({
    ranks: fc
      .array(fc.oneof(fc.nat(5), fc.constantFrom(32, 40, 129)), { minLength: 1, maxLength: 5 })
      .filter((ranks) => ranks.some((rank) => rank > 0)),
    T: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 120, max: 140 })),
    lengths: fc.array(fc.nat(140), { minLength: 1, maxLength: 6 }),
    D: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 260)),
    taps: fc.constantFrom(1, 3, 5),
    seed: fc.nat(1_000_000),
  });

  test('are what all experts are with gates of 0, and their gradients', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        tf.tidy(() => {
          const drawn = draw(shape);
          const [one, other] = [results(drawn, ours), results(drawn, theirs)];
          one.forEach((tensor, i) => {
            expect(tensor.shape).toEqual(other[i]!.shape);
          });
          const named = (tensors: readonly tf.Tensor[]) =>
            Object.fromEntries(['value', ...names].map((name, i) => [name, tensors[i]!]));
          // A gradient may be a sum that cancels out, with the rounding of its terms; all results together say how large these are.
          expect(differingGradients(leaves(named(one)), named(other), 1e-5, 0.1)).toEqual([]);
        });
      }),
      { numRuns: 60 },
    );
  });

  const example: Shape = { ranks: [40, 0, 7, 64], lengths: [70, 0, 31, 70, 70], T: 70, D: 96, taps: 3, seed: 5 };

  test('give the same bits again and again', () => {
    const run = () =>
      tf.tidy(() =>
        results(draw(example), ours).map((tensor) => Buffer.from(tensor.dataSync().buffer).toString('base64')),
      );
    const first = run();
    for (let time = 0; time < 5; time++) expect(run()).toEqual(first);
  });

  test('leave one tensor behind for each result', () => {
    const drawn = draw({ ...example, T: 5 });
    const before = tf.memory().numTensors;
    const made = tf.tidy(() => results(drawn, ours));
    expect(tf.memory().numTensors).toBe(before + made.length);
    tf.dispose([made, drawn] as unknown as tf.TensorContainer);
  });

  test('nothing at all is no trouble', () => {
    tf.tidy(() => {
      for (const none of [
        { ...example, ranks: [0, 0] },
        { ...example, lengths: [] },
        { ...example, lengths: [0, 0] },
      ]) {
        const drawn = draw(none);
        for (const tensor of results(drawn, ours)) expect([...tensor.dataSync()].every((one) => one === 0)).toBe(true);
      }
    });
  });

  test('what does not fit together is refused, not read', () => {
    tf.tidy(() => {
      const drawn = draw(example);
      const run = (change: Partial<Drawn>, units?: tf.Tensor1D) => () => {
        const { of, used, x, gates, down, downBias, up, upBias } = { ...drawn, ...change };
        heldSums(units ?? heldUnits(x, { down, downBias }, of), { gates, used }, { up, upBias }, of);
      };
      const { of } = drawn;
      expect(run({ x: tf.zeros([5, 70, 95]) })).toThrow('x: expected [B, T, D]');
      expect(run({ x: tf.zeros([5, 71, 96]) })).toThrow('x: expected [B, T, D]');
      expect(run({ down: tf.zeros([2, 96, 111]) })).toThrow('down: expected [taps, D, S] with an odd number of taps');
      expect(run({ downBias: tf.zeros([110]) })).toThrow('bias: expected [S]');
      expect(run({ of: { ...of, ranks: tf.tensor1d([40, -1, 8, 64], 'int32') } })).toThrow(
        'ranks: expected numbers from 0',
      );
      expect(run({ of: { ...of, ranks: tf.tensor1d([40, 0, 8, 64], 'int32') } })).toThrow(
        'ranks: expected as many columns',
      );
      expect(run({ of: { ...of, held: tf.zeros([5, 3], 'int32') } })).toThrow('held: expected [B, N]');
      expect(run({}, tf.zeros([7]))).toThrow('units: expected those of the experts that are held');
      expect(run({ gates: tf.zeros([5, 3]) })).toThrow('gates and used: expected [B, N]');
      expect(run({ used: tf.zeros([4, 4], 'int32') })).toThrow('gates and used: expected [B, N]');
      expect(run({ up: tf.zeros([110, 96]) })).toThrow('ranks: expected as many columns');
      expect(run({ upBias: tf.zeros([4, 95]) })).toThrow('bias: expected [N, D]');
    });
  });
});
