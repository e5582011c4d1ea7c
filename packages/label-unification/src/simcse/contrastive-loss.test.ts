import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import fixture from './__fixtures__/simcse.json' with { type: 'json' };
import { type ContrastiveBatch, contrastiveLoss } from './contrastive-loss';

type Vectors = { anchors: number[][]; positives: number[][]; hardNegatives?: number[][] };
type Case = { name: string; temperature: number; batch: Vectors; loss: number; gradients: Vectors };
const cases = fixture.losses as Case[];

const toBatch = (anchors: tf.Tensor, positives: tf.Tensor, hardNegatives?: tf.Tensor) =>
  ({ anchors, positives, hardNegatives }) as ContrastiveBatch;

describeEachBackend('contrastiveLoss', () => {
  test.each(cases)('$name: the loss and gradients of a loop over pairs in PyTorch', (sample) => {
    const { anchors, positives, hardNegatives } = sample.batch;
    const inputs = [anchors, positives, ...(hardNegatives ? [hardNegatives] : [])].map((rows) => tf.tensor2d(rows));
    const names = ['anchors', 'positives', 'hardNegatives'] as const;
    const before = tf.memory().numTensors;
    const { value, grads } = tf.valueAndGrads((...given) =>
      contrastiveLoss(toBatch(given[0]!, given[1]!, given[2]), sample.temperature),
    )(inputs);
    expect(value.dataSync()[0]!).toBeCloseTo(sample.loss, 4);
    grads.forEach((grad, i) => {
      const expected = sample.gradients[names[i]!]!.flat();
      const largest = Math.max(...expected.map(Math.abs), 1e-3);
      const found = [...grad.dataSync()];
      found.forEach((got, at) => {
        expect(Math.abs(got - expected[at]!) / largest, `${names[i]} ${at}`).toBeLessThan(2e-5);
      });
    });
    tf.dispose([value, grads]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(inputs);
  });

  test('lengths of vectors do not count, and neither does the order of the texts', () => {
    const row = fc
      .array(fc.integer({ min: -8, max: 8 }), { minLength: 4, maxLength: 4 })
      .filter((r) => r.some(Boolean));
    const rows = fc.array(row, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(rows, rows, fc.integer({ min: 1, max: 9 }), (anchors, positives, factor) => {
        const loss = (a: number[][], p: number[][]) =>
          tf.tidy(() => contrastiveLoss(toBatch(tf.tensor2d(a), tf.tensor2d(p)), 0.5).dataSync()[0]!);
        const found = loss(anchors, positives);
        const longer = anchors.map((values) => values.map((value) => value * factor));
        expect(loss(longer, positives)).toBeCloseTo(found, 4);
        expect(loss(anchors.toReversed(), positives.toReversed())).toBeCloseTo(found, 4);
      }),
      { numRuns: 30 },
    );
  });

  test('refuses a batch whose parts do not belong together', () => {
    tf.tidy(() => {
      const wrong = () => contrastiveLoss(toBatch(tf.ones([2, 3]), tf.ones([3, 3])), 0.05);
      expect(wrong).toThrow('contrastiveLoss positives: expected [2, 3], got [3, 3]');
    });
  });
});
