import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyMask, createRng, fullLayout, layoutOf, normal, pack, reshape, unpack } from './index';

describeEachBackend('rows of the real positions', () => {
  const masks = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 7 }))
    .chain(([B, T]) =>
      fc.array(fc.array(fc.boolean(), { minLength: T, maxLength: T }), { minLength: B, maxLength: B }),
    );

  test('are those of the mask, sequence by sequence; unpacked, the others are 0; both have their gradient', () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: 1, max: 5 }), fc.integer(), (real, D, seed) => {
        tf.tidy(() => {
          const mask = tf.tensor2d(real.map((row) => row.map(Number)));
          const x = normal<tf.Rank.R3>([...mask.shape, D], 1, createRng(seed));
          const layout = layoutOf(mask);
          const all = x.reshape([-1, D]).arraySync() as number[][];
          const kept = real.flat().some((is) => is) ? all.filter((_, i) => real.flat()[i]) : all;
          expect(pack(x, layout).arraySync()).toEqual(kept);
          const back = (x: tf.Tensor) => unpack(pack(x as tf.Tensor3D, layout), layout);
          const expected = kept.length === all.length ? x : tf.add(applyMask(x, mask), 0); // no -0
          expect(back(x).arraySync()).toEqual(expected.arraySync());
          // Moving rows is linear and its own transpose.
          expect(
            tf
              .grad((y) => tf.sum(tf.mul(back(y), x)))(tf.zerosLike(x))
              .arraySync(),
          ).toEqual(expected.arraySync());
        });
      }),
    );
  });

  test('are all where none is padding, and where all is', () => {
    for (const mask of [tf.ones<tf.Rank.R2>([2, 3]), tf.zeros<tf.Rank.R2>([2, 3])]) {
      expect(layoutOf(mask)).toEqual(fullLayout(mask));
    }
  });

  test('reshape keeps nothing of x for its gradient', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const keeps = (reshaped: (x: tf.Tensor) => tf.Tensor) => {
        let bytes = 0;
        const loss = (x: tf.Tensor) => {
          const before = tf.memory().numBytes;
          const y = tf.tidy(() => reshaped(tf.mul(x, 2)));
          bytes = tf.memory().numBytes - before;
          return tf.sum(tf.mul(y, tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])));
        };
        const expected = [
          [2, 4, 6],
          [8, 10, 12],
        ];
        expect(tf.grad(loss)(x).arraySync()).toEqual(expected);
        return bytes;
      };
      expect(keeps((x) => tf.reshape(x, [3, 2])) - keeps((x) => reshape(x, [3, 2]))).toBe(x.size * 4);
      expect(reshape(x, [6]).arraySync()).toEqual([1, 2, 3, 4, 5, 6]);
    });
  });
});
