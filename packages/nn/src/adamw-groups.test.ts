import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AdamWOptions,
  adamWMoments,
  adamWStep,
  disposeAdamW,
  disposeParams,
  initAdamW,
  leaves,
  linear,
  type Schedule,
  scheduleFactor,
  trainable,
  variables,
} from './index';
import { type Fixture, readFixture, relativeError } from './test';

// A small network with two tasks, some of whose labels are missing: what scripts/reference/nn/make_training_fixtures.py trains.

type Layer = { weight: tf.Tensor2D; bias: tf.Tensor1D };
type Network = { encoder: Layer; norm: { weight: tf.Tensor1D; bias: tf.Tensor1D }; sentiment: Layer; emotion: Layer };
type Batch = {
  x: tf.Tensor2D;
  sentiment: tf.Tensor1D;
  sentimentPresent: tf.Tensor1D;
  emotion: tf.Tensor2D;
  emotionPresent: tf.Tensor1D;
};
type About = {
  config: Record<'steps' | 'warmupSteps' | 'learningRate' | 'encoderFactor' | 'weightDecay' | 'maxGradNorm', number> & {
    parts: number[];
  };
  /** transformers', at each step. */ factors: Record<Schedule['kind'], number[]>;
};

const load = () => readFixture(new URL('./__fixtures__/training.safetensors', import.meta.url));
const KINDS = ['constant', 'linear', 'cosine'] as const;

const scheduleOf = (kind: Schedule['kind'], { config }: About): Schedule => ({
  kind,
  warmupSteps: config.warmupSteps,
  totalSteps: config.steps,
});
const grouped = (factor: number): AdamWOptions => ({
  rateOf: (path) => (path.startsWith('encoder.') ? factor : 1),
  decays: (_, { rank }) => rank > 1,
});

/** The losses of the parts of a batch of these sizes, each term divided by the labels of the whole. */
function lossesOf(params: Network, batch: Batch, sizes: readonly number[]): (() => tf.Scalar)[] {
  return sizes.map((size, i) => () => {
    const start = sizes.slice(0, i).reduce((sum, size) => sum + size, 0);
    const rows = <T extends tf.Tensor>(x: T) => tf.slice(x, start, size);
    const mean = (terms: tf.Tensor, present: tf.Tensor) =>
      tf.div(tf.sum(tf.mul(terms, rows(present))), tf.sum(present)) as tf.Scalar;
    const tanh = tf.tanh(linear(rows(batch.x), params.encoder.weight, params.encoder.bias));
    const h = tf.add(tf.mul(tanh, params.norm.weight), params.norm.bias);
    const sentiment = tf.squeeze(linear(h, params.sentiment.weight, params.sentiment.bias), [1]);
    const emotion = linear(h, params.emotion.weight, params.emotion.bias);
    const square = tf.square(tf.sub(sentiment, rows(batch.sentiment)));
    const entropy = tf.sub(tf.softplus(emotion), tf.mul(emotion, rows(batch.emotion)));
    return tf.add(mean(square, batch.sentimentPresent), mean(tf.mean(entropy, 1), batch.emotionPresent));
  });
}

/** All steps of the fixture's training, in parts of these sizes; the losses and the parameters, which the caller disposes. */
function walk(fixture: Fixture, kind: Schedule['kind'], sizes: readonly number[]) {
  const about = fixture.about<About>();
  const { steps, learningRate, encoderFactor, weightDecay, maxGradNorm } = about.config;
  const batches = fixture.tree<Batch[]>('batches');
  const params = trainable(fixture.tree<Network>('start'));
  const state = initAdamW(variables(params), grouped(encoderFactor));
  const losses = Array.from({ length: steps }, (_, step) => {
    const rate = learningRate * scheduleFactor(scheduleOf(kind, about), step);
    const parts = lossesOf(params, batches[step % batches.length]!, sizes);
    return adamWStep(state, { weightDecay, maxGradNorm }, parts, rate);
  });
  disposeAdamW(state);
  disposeParams(batches);
  return { losses, params };
}

function expectAfter(fixture: Fixture, name: string, { losses, params }: ReturnType<typeof walk>): void {
  expect(relativeError(tf.tensor1d(losses), fixture.get(`${name}.losses`)), 'losses').toBeLessThan(1e-5);
  for (const [path, leaf] of leaves(params))
    expect(relativeError(leaf, fixture.get(`${name}.after.${path}`)), path).toBeLessThan(1e-5);
  disposeParams(params);
}

test.each(KINDS)('after the warm-up a %s schedule is that of transformers, in it a step ahead', (kind) => {
  const about = load().about<About>();
  const { steps, warmupSteps } = about.config;
  const theirs = about.factors[kind];
  for (let step = 0; step <= steps; step++) {
    const want = step < warmupSteps ? theirs[step + 1] : theirs[step];
    expect(scheduleFactor(scheduleOf(kind, about), step), `step ${step}`).toBeCloseTo(want!, 12);
  }
});

describeEachBackend('AdamW by groups', () => {
  test.each(KINDS)('50 steps with a %s schedule walk as PyTorch does, within 1e-5', (kind) => {
    const fixture = load();
    expectAfter(fixture, kind, walk(fixture, kind, [10]));
  });

  test('50 steps in unequal parts walk as PyTorch does, in these parts and over whole batches, within 1e-5', () => {
    const fixture = load();
    const { parts } = fixture.about<About>().config;
    for (const name of ['parts', 'cosine']) expectAfter(fixture, name, walk(fixture, 'cosine', parts));
  });

  test('however a batch is split, its loss and gradient are the same within 1e-5', () => {
    const fixture = load();
    const batch = fixture.tree<Batch[]>('batches')[0]!;
    const params = trainable(fixture.tree<Network>('start'));
    const afterOne = (sizes: readonly number[]) => {
      const state = initAdamW(variables(params));
      const loss = adamWStep(state, { weightDecay: 0, beta1: 0 }, lossesOf(params, batch, sizes), 0);
      const gradient = [...adamWMoments(state)].map(([path, { first }]) => [path, first] as const);
      disposeAdamW(state);
      return { loss, gradient: new Map(gradient) };
    };
    const whole = afterOne([10]);
    const cuts = fc.subarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 1 });
    fc.assert(
      fc.property(cuts, (cuts) => {
        const { loss, gradient } = afterOne([...cuts, 10].map((end, i) => end - (cuts[i - 1] ?? 0)));
        expect(Math.abs(loss / whole.loss - 1)).toBeLessThan(1e-5);
        for (const [path, want] of whole.gradient)
          expect(relativeError(gradient.get(path)!, want), path).toBeLessThan(1e-5);
      }),
      { seed: 1, numRuns: 30 },
    );
    disposeParams(params);
  });

  test('each part is freed before the next, but for the sum of the gradients; an error frees that too', () => {
    const params = trainable({ a: tf.ones([3]), b: tf.ones([2]) });
    const state = initAdamW(variables(params));
    const held: number[] = [];
    const part =
      (fails = false) =>
      () => {
        held.push(tf.memory().numTensors);
        if (fails) throw new Error('too large');
        return tf.add(tf.sum(tf.exp(params.a)), tf.sum(tf.square(params.b))) as tf.Scalar;
      };
    adamWStep(state, { weightDecay: 0 }, [part(), part(), part()], 0.1);
    expect(held).toEqual([held[0], held[0]! + 2, held[0]! + 2]);
    expect(tf.memory().numTensors).toBe(held[0]);
    expect(() => adamWStep(state, { weightDecay: 0 }, [part(), part(true)], 0.1)).toThrow('too large');
    expect(tf.memory().numTensors).toBe(held[0]);
    disposeAdamW(state);
    disposeParams(params);
  });

  test('parts that reach different parameters, or share a gradient, add up', () => {
    const params = trainable({ a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 4]) });
    const state = initAdamW(variables(params));
    const both = tf.customGrad((a, b) => ({
      value: tf.add(tf.sum(a as tf.Tensor), tf.sum(b as tf.Tensor)),
      gradFunc: (dy: tf.Tensor) => {
        const one = tf.fill([2], dy.dataSync()[0]!);
        return [one, one];
      },
    }));
    const losses = [
      () => tf.sum(tf.mul(params.b, 5)) as tf.Scalar,
      () => both(params.a, params.b) as tf.Scalar,
      () => both(params.a, params.b) as tf.Scalar,
    ];
    expect(adamWStep(state, { weightDecay: 0, beta1: 0 }, losses, 0)).toBe(35 + 10 + 10);
    const moments = adamWMoments(state);
    expect([...moments.values()].map(({ first }) => first.arraySync())).toEqual([
      [2, 2],
      [7, 7],
    ]);
    disposeAdamW(state);
    disposeParams(params);
  });

  test('by hand: Adam moves by a learning rate, decay by its share of that', () => {
    const params = trainable({ encoder: { weight: tf.ones([1, 1]), bias: tf.ones([1]) }, weight: tf.ones([1, 1]) });
    const state = initAdamW(variables(params), grouped(0.5));
    const loss = () => tf.addN([...leaves(params).values()].map((leaf) => tf.sum(leaf))) as tf.Scalar;
    adamWStep(state, { weightDecay: 0.5 }, loss, 0.1);
    const values = [...leaves(params)].map(([path, leaf]) => [path, leaf.dataSync()[0]]);
    expect(values).toEqual([
      ['encoder.weight', expect.closeTo(1 - 0.05 - 0.05 * 0.5, 6)],
      ['encoder.bias', expect.closeTo(1 - 0.05, 6)],
      ['weight', expect.closeTo(1 - 0.1 - 0.1 * 0.5, 6)],
    ]);
    disposeAdamW(state);
    disposeParams(params);
  });

  test('parameters that are trained alike are one group, but for large ones: without options, all', () => {
    const params = trainable({
      a: tf.ones([2, 2]),
      encoder: tf.ones([3]),
      large: tf.ones([101, 1000]),
      b: tf.ones([1]),
    });
    const groupsOf = (options?: AdamWOptions) => {
      const state = initAdamW(variables(params), options);
      const paths = state.groups.map(({ members }) => members.map(({ path }) => path).join(' '));
      disposeAdamW(state);
      return paths;
    };
    expect(groupsOf()).toEqual(['a encoder b', 'large']);
    expect(groupsOf({ rateOf: () => 1, decays: () => true })).toEqual(groupsOf());
    expect(groupsOf({ rateOf: (path) => (path === 'encoder' ? 2 : 1) })).toEqual(['a b', 'encoder', 'large']);
    expect(groupsOf({ decays: (_, { rank }) => rank > 1 })).toEqual(['a', 'encoder b', 'large']);
    disposeParams(params);
  });

  test('no loss, or a factor that is none, is refused', () => {
    const params = trainable({ w: tf.ones([1]) });
    const state = initAdamW(variables(params));
    expect(() => adamWStep(state, { weightDecay: 0 }, [], 0.1)).toThrow(
      'adamWStep loss: expected at least one, got an empty list',
    );
    for (const factor of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => initAdamW(variables(params), { rateOf: () => factor })).toThrow(
        `AdamW rateOf: expected a factor of 0 or more for w, got ${factor}`,
      );
    disposeAdamW(state);
    disposeParams(params);
  });
});
