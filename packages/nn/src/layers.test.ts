import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  type AttentionParams,
  applyMask,
  attention,
  conv1d,
  convLength,
  disposeParams,
  evaluating,
  gelu,
  type LayerNormParams,
  type LinearParams,
  layerNorm,
  linearLayer,
  type Params,
  type TransformerLayerParams,
  trainable,
  transformerLayer,
} from './index';
import { differingGradients, gradientsOf, readFixture, relativeError } from './test';

const fixtureUrl = new URL('./__fixtures__/layers.safetensors', import.meta.url);
const options = { numHeads: 2, dropout: 0 };

type Inputs = Record<string, tf.Tensor>;
type Layer = (params: never, inputs: Inputs) => tf.Tensor;

const conv =
  (stride: number): Layer =>
  (p: { weight: tf.Tensor3D; bias: tf.Tensor1D }, { x, mask, outputMask }) => {
    const masked = applyMask(x as tf.Tensor3D, mask as tf.Tensor2D);
    return applyMask(conv1d(masked, p.weight, p.bias, stride), outputMask as tf.Tensor2D);
  };

const layers: Record<string, Layer> = {
  linear: (p: LinearParams, { x }) => linearLayer(p, x!),
  'conv1d-k3-s1': conv(1),
  'conv1d-k3-s2': conv(2),
  'conv1d-k5-s2': conv(2),
  layerNorm: (p: LayerNormParams, { x }) => layerNorm(p, x!),
  gelu: (_, { x }) => gelu(x!),
  attention: (p: AttentionParams, { queries, memory, memoryMask }) =>
    attention(p, queries as tf.Tensor3D, memory as tf.Tensor3D, memoryMask as tf.Tensor2D, options, evaluating),
  transformerLayer: (p: TransformerLayerParams, { x, mask }) => {
    const output = transformerLayer(p, x as tf.Tensor3D, mask as tf.Tensor2D, options, evaluating);
    return applyMask(output, mask as tf.Tensor2D);
  },
};

/** A layer's case: what it reads, and its parameters and differentiable inputs as variables. */
function load(name: string) {
  const fixture = readFixture(fixtureUrl);
  const grads = fixture.tree<Record<string, Params>>(`${name}.grads`);
  const params = name === 'gelu' ? {} : fixture.tree<Record<string, Params>>(`${name}.params`);
  const inputs: Inputs = fixture.tree<Inputs>(`${name}.input`);
  if (fixture.has(`${name}.outputMask`)) inputs.outputMask = fixture.get(`${name}.outputMask`);
  const trained = trainable({ params, input: inputs });
  return { trained, grads, output: fixture.get(`${name}.output`), weight: fixture.get(`${name}.weight`) };
}

describeEachBackend('layers', () => {
  describe.each(Object.keys(layers))('%s against PyTorch', (name) => {
    const layer = layers[name]!;

    test('output within 1e-5', () => {
      const { trained, output } = load(name);
      expect(relativeError(layer(trained.params as never, trained.input), output)).toBeLessThan(1e-5);
      disposeParams(trained);
    });

    test('every gradient within 1e-4', () => {
      const { trained, grads, weight } = load(name);
      const loss = () => tf.sum(tf.mul(layer(trained.params as never, trained.input), weight)) as tf.Scalar;
      expect(differingGradients(gradientsOf(loss, trained, grads).gradients, grads, 1e-4)).toEqual([]);
      disposeParams(trained);
    });
  });

  test('outside a tidy a layer leaves its output alone behind', () => {
    for (const name of ['linear', 'layerNorm', 'gelu', 'attention']) {
      const { trained } = load(name);
      const before = tf.memory().numTensors;
      layers[name]!(trained.params as never, trained.input).dispose();
      expect(tf.memory().numTensors, name).toBe(before);
      disposeParams(trained);
    }
    const { params, input } = load('transformerLayer').trained;
    const [x, mask] = [input.x as tf.Tensor3D, input.mask as tf.Tensor2D];
    const [weight, bias] = [tf.ones<tf.Rank.R3>([3, 8, 2]), tf.zeros<tf.Rank.R1>([2])];
    const before = tf.memory().numTensors;
    transformerLayer(params as TransformerLayerParams, x, mask, options, { training: true, seed: 1 }).dispose();
    conv1d(x, weight, bias, 2).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('padding cannot change real positions of a transformer layer', () => {
    const { trained } = load('transformerLayer');
    const params = trained.params as TransformerLayerParams;
    const { x, mask } = trained.input as { x: tf.Tensor3D; mask: tf.Tensor2D };
    const noise = tf.mul(
      tf.randomNormal(x.shape, 0, 10, 'float32', 1),
      tf.expandDims(tf.sub(1, mask), 2),
    ) as tf.Tensor3D;
    const run = (x: tf.Tensor3D) => applyMask(transformerLayer(params, x, mask, options, evaluating), mask);
    expect(relativeError(run(tf.add(x, noise)), run(x))).toBeLessThan(1e-6);
    disposeParams(trained);
  });

  test('a convolution by hand: the frames at the ends see zeros beside them', () => {
    const x = tf.tensor3d([[[1], [2], [3], [4]]]);
    const weight = tf.tensor3d([[[100]], [[10]], [[1]]]);
    const bias = tf.tensor1d([0.5]);
    expect([...conv1d(x, weight, bias).dataSync()]).toEqual([12.5, 123.5, 234.5, 340.5]);
    expect([...conv1d(x, weight, bias, 2).dataSync()]).toEqual([12.5, 234.5]);
    expect([...conv1d(x, weight, bias, 3).dataSync()]).toEqual([12.5, 340.5]);
    expect([1, 2, 3].map((stride) => convLength(4, stride))).toEqual([4, 2, 2]);
  });

  test('misuse is named', () => {
    const x = tf.ones<tf.Rank.R3>([2, 5, 3]);
    const bias = tf.zeros<tf.Rank.R1>([6]);
    expect(() => conv1d(x, tf.ones([2, 3, 6]), bias)).toThrow('conv1d weight: expected an odd kernel, got 2 frames');
    expect(() => conv1d(x, tf.ones([3, 4, 6]), bias)).toThrow('conv1d x: expected [B, T, 4], got [2, 5, 3]');
    const linear = { weight: tf.ones<tf.Rank.R2>([4, 6]), bias };
    expect(() => linearLayer(linear, x)).toThrow('linear x: expected [..., 4], got [2, 5, 3]');
    const mask = tf.ones<tf.Rank.R2>([2, 5]);
    const heads = { numHeads: 2, dropout: 0 };
    expect(() => attention({} as AttentionParams, x, x, mask, heads, evaluating)).toThrow(
      'attention: 2 heads do not divide a width of 3',
    );
  });
});
