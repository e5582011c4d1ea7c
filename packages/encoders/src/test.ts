// @mmolre/encoders/test: what every encoder must show, for vitest.

import { createRng, evaluating, type Params, trainable, variables } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Encoder } from './encoder';
import type { OpenedEncoder } from './kinds/kind';

export type EncoderCase<Item> = {
  /** Opens it afresh. */
  open(): Promise<OpenedEncoder<Item>>;
  /** Items of different lengths, three or more. */
  items: readonly Item[];
  /** What it gives, the last axis of its vectors. */
  dModel: number;
  /** Paths of parameters that train and that evaluation does not reach: none. */
  trainingOnly?: readonly string[];
};

/** Relative to the item's largest number. */
const CLOSE = 1e-5;

/**
 * Tests of one encoder: the shapes it gives, that padding and the order of a batch change nothing, that what is drawn follows from the seed,
 * that a gradient reaches every parameter that trains, and that no tensor is left behind.
 */
export function testEncoder<Item>(name: string, { open, items, dModel, trainingOnly = [] }: EncoderCase<Item>) {
  const make = async (): Promise<{ encoder: Encoder<Item>; params: Params }> => {
    const opened = await open();
    const params = trainable(await opened.init(createRng(1)));
    opened.fit?.(params, items);
    return { encoder: opened.over(params), params };
  };
  const encode = (encoder: Encoder<Item>, batch: readonly Item[], mode = evaluating) =>
    tf.tidy(() => {
      const { hidden, mask } = encoder.encode(encoder.prepare(batch), mode);
      return { hidden: hidden.arraySync(), mask: mask.arraySync() };
    });
  const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  /** The largest difference between the vectors of a and those of b at the same positions, relative to b's largest number. */
  const difference = (a: number[][], b: number[][]) => {
    const [one, other] = [a.flat(), b.slice(0, a.length).flat()];
    return largest(one.map((value, i) => value - other[i]!)) / largest(other);
  };

  describe(name, () => {
    test('gives a vector a position, 0 where there is padding', async () => {
      const { encoder } = await make();
      expect(encoder.dModel).toBe(dModel);
      const { hidden, mask } = encode(encoder, items);
      expect(hidden).toHaveLength(items.length);
      expect(new Set(mask.flat())).toEqual(new Set([0, 1]));
      hidden.forEach((row, b) => {
        expect(row).toHaveLength(mask[b]!.length);
        const real = mask[b]!.lastIndexOf(1) + 1;
        expect(mask[b]).toEqual(mask[b]!.map((_, t) => (t < real ? 1 : 0)));
        row.forEach((vector, t) => {
          expect(vector).toHaveLength(dModel);
          expect(vector.every(Number.isFinite)).toBe(true);
          expect(vector.some((value) => value !== 0)).toBe(t < real);
        });
      });
    });

    test('an item alone gives what it gives in a batch', async () => {
      const { encoder } = await make();
      const together = encode(encoder, items).hidden;
      items.forEach((item, b) => {
        expect(difference(encode(encoder, [item]).hidden[0]!, together[b]!)).toBeLessThanOrEqual(CLOSE);
      });
    });

    test('the order of a batch changes nothing', async () => {
      const { encoder } = await make();
      const forward = encode(encoder, items);
      const backward = encode(encoder, items.toReversed());
      expect(backward.mask.toReversed()).toEqual(forward.mask);
      backward.hidden.reverse().forEach((row, b) => {
        expect(difference(row, forward.hidden[b]!)).toBeLessThanOrEqual(CLOSE);
      });
    });

    test('the same seed draws the same, and evaluation draws nothing', async () => {
      const { encoder } = await make();
      const mode = { training: true, seed: 7 };
      expect(encode(encoder, items, mode)).toEqual(encode(encoder, items, mode));
      const evaluate = (seed: number) => encode(encoder, items, { training: false, seed });
      expect(evaluate(1)).toEqual(evaluate(2));
    });

    test('a gradient reaches every parameter that trains', async () => {
      const { encoder, params } = await make();
      const trained = variables(params);
      if (trained.size === 0) return; // frozen as a whole
      const input = encoder.prepare(items);
      const { grads } = tf.variableGrads(() => {
        const { hidden } = encoder.encode(input, evaluating);
        return tf.sum(tf.square(hidden)) as tf.Scalar;
      }, [...trained.values()]);
      const missing = [...trained].filter(([, { name }]) => !grads[name]).map(([path]) => path);
      expect(missing).toEqual([...trainingOnly]);
    });

    test('leaves no tensor behind', async () => {
      const { encoder } = await make();
      encode(encoder, items);
      const before = tf.memory().numTensors;
      const input = encoder.prepare(items);
      tf.dispose([input, encoder.encode(input, evaluating)] as tf.TensorContainer);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
