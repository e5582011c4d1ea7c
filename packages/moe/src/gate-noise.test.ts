import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, type Mode, mapLeaves, normal } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  initRouter,
  initUniTse,
  type Mixture,
  router,
  type TaskMoeConfig,
  type TaskMoeParams,
  taskMoe,
  uniTse,
} from './index';

const training = (seed: number): Mode => ({ training: true, seed });

/** The noise itself, but for its mean over the experts: what a router adds to logits that are all the same. */
function noiseOf(shape: [rows: number, experts: number], deviation: number, seed: number): number[][] {
  return tf.tidy(() => {
    const params = mapLeaves(initRouter(4, shape[1], createRng(1)), tf.zerosLike);
    const [x, mask] = [tf.ones<tf.Rank.R3>([shape[0], 1, 4]), tf.ones<tf.Rank.R2>([shape[0], 1])];
    const logits = tf.log(router(params, x, mask, 'gelu', deviation, training(seed)));
    return tf.sub(logits, tf.mean(logits, 1, true)).arraySync() as number[][];
  });
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviationOf = (values: number[]) => Math.sqrt(mean(values.map((value) => value ** 2)) - mean(values) ** 2);

describeEachBackend('gate noise', () => {
  const config = {
    dModel: 8,
    tasks: ['sentiment', 'emotion'],
    ranks: [1, 2, 3, 2],
    taskRank: 2,
    topK: 2,
    expertActivation: 'identity',
    routerActivation: 'gelu',
    renormaliseGates: false,
    gateNoise: 0.5,
    residual: false,
    norm: false,
  } as const satisfies TaskMoeConfig;

  describe.each(['mmolre', 'mmoe', 'ple'] as const)('%s', (mixture: Mixture) => {
    const setUp = () => {
      const params = initUniTse({ ...config, mixture }, 2, createRng(1));
      const x = normal<tf.Rank.R3>([3, 4, 8], 1, createRng(2));
      /** The gates of every block and stream. */
      const gates = (mode?: Mode, gateNoise: number = config.gateNoise) => {
        const { blocks } = uniTse(params, x, tf.ones([3, 4]), { ...config, mixture, gateNoise }, mode);
        return blocks.flatMap((block) => Object.values(block).map(({ gates }) => [...gates.dataSync()]));
      };
      return gates;
    };

    test('is off when evaluating, and when its deviation is 0', () => {
      const gates = setUp();
      expect(gates()).toEqual(gates(undefined, 0));
      expect(gates(training(1), 0)).toEqual(gates());
      expect(gates({ training: false, seed: 7 })).toEqual(gates());
    });

    test('is on in training in every router: the same seed gives the same gates, another seed others', () => {
      const gates = setUp();
      expect(gates(training(1))).toEqual(gates(training(1)));
      const [quiet, one, two] = [gates(), gates(training(1)), gates(training(2))];
      expect(one.length).toBe(mixture === 'ple' ? 5 : 4); // the first block's shared stream has a router too
      one.forEach((row, i) => {
        expect(row).not.toEqual(quiet[i]);
        expect(row).not.toEqual(two[i]);
      });
    });
  });

  test.each(['mmolre', 'mmoe', 'ple'] as const)('%s: differs from task to task', (mixture) => {
    const [block] = initUniTse({ ...config, mixture }, 1, createRng(1));
    const x = normal<tf.Rank.R3>([3, 4, 8], 1, createRng(2));
    // Equal parameters: without noise the two tasks' gates are equal.
    const twins = { ...block!, tasks: { sentiment: block!.tasks.sentiment!, emotion: block!.tasks.sentiment! } };
    const gates = (mode: Mode) => {
      const { sentiment, emotion } = taskMoe(twins, x, tf.ones([3, 4]), { ...config, mixture }, mode);
      return [sentiment.gates, emotion.gates] as const;
    };
    expect(relativeError(...gates({ training: false, seed: 1 }))).toBe(0);
    expect(relativeError(...gates(training(1)))).toBeGreaterThan(0.01);
  });

  test('differs from block to block', () => {
    const [{ shared, tasks }] = initUniTse(config, 1, createRng(1)) as [TaskMoeParams];
    // A router of zeros: the gates are the noise alone, whatever a block reads.
    const router = mapLeaves(tasks.sentiment!.router, tf.zerosLike);
    const block = { shared, tasks: { sentiment: { ...tasks.sentiment!, router } } };
    const [first, second] = uniTse([block, block], tf.ones([3, 4, 8]), tf.ones([3, 4]), config, training(1)).blocks;
    expect(relativeError(first!.sentiment.gates, second!.sentiment.gates)).toBeGreaterThan(0.01);
  });

  test('is normal with mean zero and the deviation asked for, over many draws of one seed', () => {
    const [rows, experts] = [4000, 5];
    for (const deviation of [0.1, 1]) {
      const noise = noiseOf([rows, experts], deviation, 3);
      const columns = Array.from({ length: experts }, (_, n) => noise.map((row) => row[n]!));
      // Less its mean over N experts, noise has (N - 1) / N of its variance.
      const expected = deviation * Math.sqrt((experts - 1) / experts);
      for (const column of columns) {
        expect(Math.abs(mean(column))).toBeLessThan((4 * expected) / Math.sqrt(rows));
        expect(Math.abs(deviationOf(column) / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * rows));
        const within = column.filter((value) => Math.abs(value) < expected).length / rows;
        expect(within).toBeCloseTo(0.683, 1);
      }
      // Its entries are independent: experts correlate by -1 / (N - 1), which taking the mean away does.
      const product = mean(noise.map((row) => row[0]! * row[1]!)) / expected ** 2;
      expect(product).toBeCloseTo(-1 / (experts - 1), 1);
    }
  });

  test('is as spread over the seeds of the steps as over the rows of a batch', () => {
    const draws = Array.from({ length: 800 }, (_, step) => noiseOf([1, 4], 1, step)[0]!);
    for (const n of [0, 1, 2, 3]) {
      const column = draws.map((row) => row[n]!);
      expect(Math.abs(mean(column))).toBeLessThan((4 * Math.sqrt(3 / 4)) / Math.sqrt(800));
      expect(Math.abs(deviationOf(column) / Math.sqrt(3 / 4) - 1)).toBeLessThan(4 / Math.sqrt(1600));
    }
  });

  test('each row has noise of its own, which padding and the rows after it do not change', () => {
    const [few, many] = [noiseOf([2, 4], 1, 5), noiseOf([6, 4], 1, 5)];
    expect(many.slice(0, 2)).toEqual(few);
    expect(new Set(many.map((row) => row.join())).size).toBe(6);

    const params = initRouter(8, 4, createRng(1));
    const x = normal<tf.Rank.R3>([2, 3, 8], 1, createRng(2));
    const padded = tf.concat([x, tf.zeros<tf.Rank.R3>([2, 4, 8])], 1);
    const mask = tf.ones<tf.Rank.R2>([2, 3]);
    const long = tf.concat([mask, tf.zeros<tf.Rank.R2>([2, 4])], 1);
    const short = router(params, x, mask, 'gelu', 1, training(5));
    expect(relativeError(router(params, padded, long, 'gelu', 1, training(5)), short)).toBeLessThan(1e-6);
  });

  test('lets each of equal experts be chosen', () => {
    const noise = noiseOf([200, 4], 0.01, 1);
    const winners = noise.map((row) => row.indexOf(Math.max(...row)));
    for (const n of [0, 1, 2, 3]) expect(winners.filter((winner) => winner === n).length).toBeGreaterThan(25);
  });
});
