import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { disposeParams, evaluating, leaves, type Params, trainable, variables } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { loadText } from '../node/pretrained';
import { createFrozenText } from './frozen-text';
import { createPretrainedText } from './pretrained-text';
import { copyUpper, withoutUpper, withUpper } from './upper-layers';

const source = (kind: string) => fileURLToPath(new URL(`../__fixtures__/${kind}-small`, import.meta.url));
const TEXTS = ['what a movie', 'Nothing.', 'I loved the ending of this movie, and the music'];

describeEachBackend('upper layers that train on frozen ones', () => {
  test.each([
    ['bert', 1],
    ['bert', 2],
    ['roberta', 1],
  ])('%s, the last %i: outputs and gradients of the whole encoder', async (kind, count) => {
    const model = await loadText(source(kind));
    const whole = trainable(model.params);
    const plain = createPretrainedText({ ...model, params: whole });
    const upper = trainable(copyUpper(whole, count));
    const lower = withoutUpper(model, count);
    expect(lower.config.numLayers).toBe(model.config.numLayers - count);
    const partly = withUpper(createFrozenText(lower), upper, model.config);

    const gradientsOf = (encoder: typeof partly | typeof plain, params: Params) => {
      const input = encoder.prepare(TEXTS) as never;
      return tf.variableGrads(() => {
        const { hidden } = encoder.encode(input, evaluating);
        return tf.sum(tf.mul(hidden, tf.cos(hidden))) as tf.Scalar;
      }, [...variables(params).values()]);
    };
    const found = gradientsOf(partly, upper);
    const wanted = gradientsOf(plain, whole.encoder.layer.slice(-count));
    expect(relativeError(found.value, wanted.value)).toBeLessThan(1e-5);
    const byPath = (params: Params, { grads }: typeof found) =>
      new Map([...leaves(params)].map(([path, leaf]) => [path, grads[(leaf as tf.Variable).name]!]));
    const theirs = byPath(whole.encoder.layer.slice(-count), wanted);
    const ours = byPath(upper.layer, found);
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
    // A key's bias moves all the weights of a softmax alike: its gradient is noise.
    for (const [path, gradient] of ours)
      if (!path.endsWith('key.bias')) expect(relativeError(gradient, theirs.get(path)!)).toBeLessThan(1e-4);

    expect(
      relativeError(
        partly.encode(partly.prepare(TEXTS), evaluating).hidden,
        plain.encode(plain.prepare(TEXTS), evaluating).hidden,
      ),
    ).toBeLessThan(1e-5);
    disposeParams(upper); // copies: the whole one stays
    expect(leaves(whole).values().next().value!.isDisposed).toBe(false);
  });
});
