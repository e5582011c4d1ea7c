import { describeEachBackend } from '@mmolre/backend/test';
import { disposeParams, evaluating, type LinearParams, type Params, type Sequence, trainable } from '@mmolre/nn';
import { differingGradients, type Fixture, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  type AudioInput,
  type CompactAudioConfig,
  type CompactAudioInput,
  type CompactAudioParams,
  type CompactTextConfig,
  type CompactTextParams,
  compactAudio,
  compactText,
  type TextInput,
} from '../index';

const sizes = { kind: 'compact', numLayers: 2, numHeads: 2, width: 16, dropout: 0 } as const;
const textConfig: CompactTextConfig = { ...sizes, maxTokens: 12, trainTable: true };
const audioConfig: CompactAudioConfig = {
  ...sizes,
  mel: { numBands: 6, lowest: 20, highest: 7600 },
  normalise: 'clip',
  convNorm: 'layer',
  functionals: null,
  convs: [
    { kernel: 3, stride: 2 },
    { kernel: 5, stride: 2 },
  ],
  augment: { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 },
  maxSeconds: 1,
};
const load = () => readFixture(new URL('../__fixtures__/compact.safetensors', import.meta.url));

/** Compares the gradients of sum(output · weight) for what `encode` reads with those of the fixture. */
function expectGradients<P extends Params>(fixture: Fixture, name: string, tree: P, encode: (tree: P) => Sequence) {
  const trained = trainable(tree);
  const grads = fixture.tree<Record<string, Params>>(`${name}.grads`);
  const weight = fixture.get(`${name}.weight`);
  const loss = () => tf.sum(tf.mul(encode(trained).hidden, weight)) as tf.Scalar;
  expect(differingGradients(gradientsOf(loss, trained, grads).gradients, grads, 1e-4)).toEqual([]);
  disposeParams(trained);
}

describeEachBackend('compact encoders against PyTorch', () => {
  describe('text', () => {
    const read = (fixture: Fixture) => ({
      params: fixture.tree<CompactTextParams>('text.params'),
      input: fixture.tree<TextInput>('text.input'),
    });

    test('output within 1e-5', () => {
      const fixture = load();
      const { params, input } = read(fixture);
      const { hidden, mask } = compactText(params, input, textConfig, evaluating);
      expect(relativeError(hidden, fixture.get('text.output'))).toBeLessThan(1e-5);
      expect(mask).toBe(input.mask);
    });

    test('every gradient within 1e-4', () => {
      const fixture = load();
      const { params, input } = read(fixture);
      expectGradients(fixture, 'text', { params }, (tree) => compactText(tree.params, input, textConfig, evaluating));
    });
  });

  describe('audio', () => {
    const read = (fixture: Fixture) => ({
      params: fixture.tree<CompactAudioParams>('audio.params'),
      input: fixture.tree<AudioInput>('audio.input'),
    });

    test('output within 1e-5, and the mask that the strides leave', () => {
      const fixture = load();
      const { params, input } = read(fixture);
      const { hidden, mask } = compactAudio(params, input, audioConfig, evaluating);
      expect(relativeError(hidden, fixture.get('audio.output'))).toBeLessThan(1e-5);
      expect(mask.arraySync()).toEqual(fixture.get('audio.outputMask').arraySync());
    });

    test('every gradient within 1e-4', () => {
      const fixture = load();
      const encode = ({ params, input }: ReturnType<typeof read>) =>
        compactAudio(params, input, audioConfig, evaluating);
      expectGradients(fixture, 'audio', read(fixture), encode);
    });

    test('with what the clips are like as a whole: output within 1e-5, gradients within 1e-4', () => {
      const fixture = load();
      const { params, input } = read(fixture);
      const config = { ...audioConfig, functionals: { dropout: 0 } };
      const { moments, projection } =
        fixture.tree<NonNullable<CompactAudioParams['functionals']>>('voiced.functionals');
      const clips: CompactAudioInput = {
        ...input,
        functionals: fixture.get('voiced.input.functionals') as tf.Tensor2D,
      };
      const encode = (projection: LinearParams) =>
        compactAudio({ ...params, functionals: { moments, projection } }, clips, config, evaluating);
      expect(relativeError(encode(projection).hidden, fixture.get('voiced.output'))).toBeLessThan(1e-5);
      const trained = trainable({ projection });
      const grads = fixture.tree<Record<string, Params>>('voiced.grads');
      const loss = () => tf.sum(tf.mul(encode(trained.projection).hidden, fixture.get('audio.weight'))) as tf.Scalar;
      expect(differingGradients(gradientsOf(loss, trained, grads).gradients, grads, 1e-4)).toEqual([]);
      disposeParams(trained);
    });
  });
});
