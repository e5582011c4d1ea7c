import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addUsage, entropy, type Gates, readGates, summariseUsage, type Usage } from './inspect';

const row = fc.array(fc.constantFrom(0, 0.1, 0.25, 0.5), { minLength: 3, maxLength: 3 });
const batch = fc.array(row, { minLength: 1, maxLength: 6 });

describe('usage of the experts', () => {
  test('counts, mean gates, entropies and misses of four samples', () => {
    const gates: Gates = [
      {
        sentiment: [
          [0.5, 0.5, 0],
          [0.25, 0, 0.25],
          [0, 0.8, 0],
          [0.4, 0.4, 0],
        ],
      },
    ];
    const ranks = [[2, 2, 0]];
    const [block] = summariseUsage(addUsage([], gates, ranks));
    const { experts, ...sentiment } = block!.sentiment!;
    expect(experts.map(({ selected }) => selected)).toEqual([3, 3, 1]);
    expect(experts.map(({ share }) => share)).toEqual([0.75, 0.75, 0.25]);
    expect(experts.map(({ meanGate }) => meanGate.toFixed(4))).toEqual(['0.2875', '0.4250', '0.0625']);
    expect(sentiment).toMatchObject({ samples: 4, misses: 1 });
    expect(sentiment.meanEntropy).toBeCloseTo((3 * Math.LN2) / 4, 12); // three samples weigh two experts evenly, one has one
    const p = [1.15, 1.7, 0.25].map((sum) => sum / 3.1);
    expect(sentiment.entropyOfMean).toBeCloseTo(-p.reduce((sum, q) => sum + q * Math.log(q), 0), 12);
  });

  test('batch by batch it is the same as all at once, and what was given stays as it was', () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 4 }), (batches) => {
        const as = (rows: number[][]): Gates => [{ a: rows, b: rows.map((gates) => [...gates].reverse()) }];
        const before: Usage[] = [[]];
        for (const rows of batches) before.push(addUsage(before.at(-1)!, as(rows)));
        const copies = structuredClone(before);
        const [parts] = summariseUsage(before.at(-1)!);
        const [whole] = summariseUsage(addUsage([], as(batches.flat())));
        expect(before).toEqual(copies);
        for (const task of ['a', 'b']) {
          expect(parts![task]!.samples).toBe(batches.flat().length);
          expect(parts![task]!.meanEntropy).toBeCloseTo(whole![task]!.meanEntropy, 10);
          parts![task]!.experts.forEach((expert, n) => {
            expect(expert.selected).toBe(whole![task]!.experts[n]!.selected);
            expect(expert.meanGate).toBeCloseTo(whole![task]!.experts[n]!.meanGate, 10);
          });
        }
      }),
    );
  });

  test('entropy: even weights, one weight, and none', () => {
    expect(entropy([0.1, 0.1, 0.1, 0.1])).toBeCloseTo(Math.log(4), 12);
    expect(entropy([0, 0.7])).toBe(0);
    expect(entropy([0, 0])).toBe(0);
  });

  test('reads the gates of tensors, block by block', () => {
    const before = tf.memory().numTensors;
    const gates = tf.tensor2d([[0.25, 0.75]]);
    expect(readGates([{ a: { gates } }, { a: { gates } }])).toEqual([{ a: [[0.25, 0.75]] }, { a: [[0.25, 0.75]] }]);
    gates.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('gates of another model are refused', () => {
    const usage: Usage = addUsage([], [{ a: [[1, 0]] }]);
    expect(() => addUsage(usage, [{ a: [[1, 0, 0]] }])).toThrow('addUsage gates: expected 2 experts, got 3');
    expect(() => addUsage(usage, [{ a: [[1, 0]] }, { a: [[1, 0]] }])).toThrow('expected 1 blocks as before, got 2');
    expect(() => addUsage(usage, [{ b: [[1, 0]] }])).toThrow('expected the tasks a, got b');
  });
});
