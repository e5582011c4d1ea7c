import { describeEachBackend } from '@mmolre/backend/test';
import {
  applyMask,
  countParams,
  createRng,
  disposeParams,
  evaluating,
  leaves,
  normal,
  type Params,
  type Sequence,
  trainable,
} from '@mmolre/nn';
import { differingGradients, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { crossAttention, type FusionParams, fusion, initFusion } from './index';

const options = { numHeads: 2, dropout: 0 };
type Input = { text: tf.Tensor3D; audio: tf.Tensor3D; textMask: tf.Tensor2D; audioMask: tf.Tensor2D };

describeEachBackend('fusion', () => {
  describe('against PyTorch', () => {
    const load = () => {
      const fixture = readFixture(new URL('./__fixtures__/fusion.safetensors', import.meta.url));
      const trained = trainable({ params: fixture.tree<FusionParams>('params'), input: fixture.tree<Input>('input') });
      const { params, input } = trained;
      const text = { hidden: input.text, mask: input.textMask };
      const audio = { hidden: input.audio, mask: input.audioMask };
      return { fixture, trained, run: () => fusion(params, text, audio, options, evaluating) };
    };

    test('output within 1e-5', () => {
      const { fixture, run } = load();
      expect(relativeError(run(), fixture.get('output'))).toBeLessThan(1e-5);
    });

    test('every gradient within 1e-4', () => {
      const { fixture, trained, run } = load();
      const grads = fixture.tree<Record<string, Params>>('grads');
      const weight = fixture.get('weight');
      const loss = () => tf.sum(tf.mul(run(), weight)) as tf.Scalar;
      const { gradients } = gradientsOf(loss, trained, grads);
      expect(differingGradients(gradients, grads, 1e-4)).toEqual([]);
      disposeParams(trained);
    });
  });

  const config = { ...options, dModel: 8, numLayers: 2, width: 16 };
  const rng = createRng(1);
  const sequence = (B: number, T: number, D = 8): Sequence => ({
    hidden: normal<tf.Rank.R3>([B, T, D], 1, rng),
    mask: tf.ones<tf.Rank.R2>([B, T]),
  });
  const longer = ({ hidden, mask }: Sequence, by: number): Sequence => ({
    hidden: tf.pad(
      hidden,
      [
        [0, 0],
        [0, by],
        [0, 0],
      ],
      7,
    ), // not 0, to be sure that nobody looks
    mask: tf.pad(mask, [
      [0, 0],
      [0, by],
    ]),
  });

  test('the last layer gives what it gives where all of its positions are computed, and the same gradients', () => {
    const params = trainable(initFusion({ ...config, numLayers: 1 }, rng));
    const [text, audio] = [longer(sequence(2, 3), 2), sequence(2, 5)];
    const weight = normal<tf.Rank.R3>([2, 1, 8], 1, rng);
    const loss = (outputs: 'all' | 'first') => {
      const sides = crossAttention(params.layers[0]!, text, audio, options, evaluating, outputs);
      const firsts = [sides.text, sides.audio].map(({ hidden }) => tf.slice(hidden, 0, [2, 1, 8]));
      return tf.sum(tf.mul(tf.sub(firsts[0]!, firsts[1]!), weight)) as tf.Scalar;
    };
    const [first, all] = (['first', 'all'] as const).map((outputs) => tf.variableGrads(() => loss(outputs)));
    expect(relativeError(first!.value, all!.value)).toBeLessThan(1e-5);
    expect(Object.keys(first!.grads)).toHaveLength(leaves(params.layers).size);
    expect(differingGradients(new Map(Object.entries(first!.grads)), all!.grads, 1e-5)).toEqual([]);
    disposeParams(params);
  });

  test('padding changes nothing, whatever stands in it', () => {
    const params = initFusion(config, rng);
    const [text, audio] = [sequence(2, 3), sequence(2, 5)];
    const short = fusion(params, text, audio, options, evaluating);
    const long = fusion(params, longer(text, 4), longer(audio, 1), options, evaluating);
    expect(relativeError(long, short)).toBeLessThan(1e-6);
  });

  test('either modality changes both halves of the output', () => {
    const params = initFusion(config, rng);
    const [text, audio, other] = [sequence(1, 4), sequence(1, 4), sequence(1, 4)];
    const halves = (text: Sequence, audio: Sequence) =>
      tf.split(fusion(params, text, audio, options, evaluating), 2, 1);
    const before = halves(text, audio);
    for (const after of [halves(other, audio), halves(text, other)]) {
      after.forEach((half, i) => {
        expect(relativeError(half, before[i]!)).toBeGreaterThan(1e-3);
      });
    }
  });

  test('a modality that is absent, all padding, says nothing', () => {
    const params = initFusion(config, rng);
    const [text, audio] = [sequence(1, 3), sequence(1, 4)];
    const absent = { hidden: audio.hidden, mask: tf.zerosLike(audio.mask) };
    const zero = { hidden: applyMask(audio.hidden, absent.mask), mask: absent.mask };
    const output = fusion(params, text, absent, options, evaluating);
    expect(relativeError(output, fusion(params, text, zero, options, evaluating))).toBeLessThan(1e-6);
    expect(output.shape).toEqual([1, 16]);
  });

  test('with shared directions both modalities go through the same weights', () => {
    const params = initFusion({ ...config, shareDirections: true }, rng);
    const [text, audio] = [sequence(2, 3), sequence(2, 5)];
    const own = {
      cls: params.cls,
      layers: params.layers.map((layer) => ('both' in layer ? { text: layer.both, audio: layer.both } : layer)),
    };
    const halves = (params: FusionParams, ...modalities: [Sequence, Sequence]) =>
      tf.split(fusion(params, ...modalities, options, evaluating), 2, 1);
    expect(tf.concat(halves(params, text, audio), 1).arraySync()).toEqual(
      tf.concat(halves(own, text, audio), 1).arraySync(),
    );
    const swapped = { ...params, cls: { text: params.cls.audio, audio: params.cls.text } };
    const [one, other] = [halves(params, text, audio), halves(swapped, audio, text)];
    expect(relativeError(one[0]!, other[1]!)).toBeLessThan(1e-6);
    const layers = (params: FusionParams) => countParams(params.layers);
    expect(layers(params) * 2).toBe(layers(initFusion(config, rng)));
    expect([...leaves(params).keys()]).toContain('layers.1.both.self.query.weight');
  });

  test('dropout follows the seed', () => {
    const params = initFusion(config, rng);
    const [text, audio] = [sequence(1, 3), sequence(1, 4)];
    const run = (seed: number) =>
      fusion(params, text, audio, { numHeads: 2, dropout: 0.5 }, { training: true, seed }).arraySync();
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('leaks no tensor', () => {
    const params = initFusion(config, rng);
    const [text, audio] = [sequence(1, 3), sequence(1, 4)];
    const before = tf.memory().numTensors;
    fusion(params, text, audio, options, evaluating).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('modalities that do not fit are named', () => {
    const params = initFusion(config, rng);
    const run = (audio: Sequence) => () => fusion(params, sequence(2, 3), audio, options, evaluating);
    expect(run(sequence(2, 5, 6))).toThrow('fusion audio: expected [2, T, 8], got [2, 5, 6]');
    expect(run(sequence(3, 5))).toThrow('fusion audio: expected [2, T, 8], got [3, 5, 8]');
  });
});
