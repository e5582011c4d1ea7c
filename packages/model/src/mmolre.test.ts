import { describeEachBackend } from '@mmolre/backend/test';
import {
  type AudioEncoder,
  type CompactAudioConfig,
  type CompactAudioParams,
  type CompactTextConfig,
  type CompactTextParams,
  compactAudio,
  compactText,
  type TextEncoder,
} from '@mmolre/encoders';
import { disposeParams, evaluating, trainable, variables } from '@mmolre/nn';
import { differingGradients, type Fixture, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from './config';
import { type Labels, trainingLoss } from './loss';
import { type Encoders, type MmolreInput, type MmolreParams, MODALITIES, mmolre, TASKS } from './mmolre';
import { paperMosi } from './presets';

// The small configuration of scripts/reference/make_fixtures.py: unequal ranks, top-3 of 5, padding, missing labels.

const text: CompactTextConfig = {
  kind: 'compact',
  numLayers: 1,
  numHeads: 2,
  width: 16,
  dropout: 0,
  maxTokens: 12,
  trainTable: true,
};
const audio: CompactAudioConfig = {
  kind: 'compact',
  mel: { numBands: 6, lowest: 20, highest: 7600 },
  convs: [
    { kernel: 3, stride: 2 },
    { kernel: 3, stride: 2 },
  ],
  numLayers: 1,
  numHeads: 2,
  width: 16,
  dropout: 0,
  augment: { frequencyWarp: 0, timeMask: 0, frequencyMask: 0, numMasks: 0 },
  maxSeconds: 1,
};

function smallConfig(options: { extras: boolean }): ModelConfig {
  const { unitse } = paperMosi().model;
  return {
    dModel: 8,
    text,
    audio,
    unitse: { ...unitse, ranks: [2, 3, 1, 4, 2], taskRank: 3, topK: 3, residual: options.extras, norm: options.extras },
    fusion: { numLayers: 2, numHeads: 2, width: 16, dropout: 0 },
    heads: { hidden: 6, dropout: 0 },
    auxiliaryWeight: options.extras ? 0.5 : 0,
    emotionLoss: 'bce',
  };
}

function encodersOver(params: MmolreParams): Encoders {
  const never = () => {
    throw new Error('the fixture gives prepared inputs');
  };
  const textParams = params.text as CompactTextParams;
  const audioParams = params.audio as CompactAudioParams;
  return {
    text: {
      dModel: 8,
      params: textParams,
      prepare: never,
      encode: (x, mode) => compactText(textParams, x, text, mode),
    } as TextEncoder,
    audio: {
      dModel: 8,
      params: audioParams,
      prepare: never,
      encode: (x, mode) => compactAudio(audioParams, x, audio, mode),
    } as AudioEncoder,
  };
}

function inputOf(fixture: Fixture): MmolreInput {
  const B = fixture.get('input.sentiment').size;
  return {
    text: { ids: fixture.get<tf.Tensor2D>('input.ids'), mask: fixture.get<tf.Tensor2D>('input.textMask') },
    audio: { frames: fixture.get<tf.Tensor3D>('input.frames'), mask: fixture.get<tf.Tensor2D>('input.audioMask') },
    present: { text: tf.ones([B]), audio: tf.ones([B]) },
  };
}

const labelsOf = (fixture: Fixture): Labels => ({
  sentiment: fixture.get<tf.Tensor1D>('input.sentiment'),
  sentimentPresent: fixture.get<tf.Tensor1D>('input.sentimentPresent'),
  emotion: fixture.get<tf.Tensor2D>('input.emotions'),
  emotionPresent: fixture.get<tf.Tensor1D>('input.emotionsPresent'),
});

describeEachBackend('mmolre', () => {
  describe.each([
    ['plain', false],
    ['auxiliary', true],
  ])('against PyTorch, %s', (name, extras) => {
    const load = () => readFixture(new URL(`./__fixtures__/mmolre-${name}.safetensors`, import.meta.url));
    const config = smallConfig({ extras });

    test('scores and gates agree within 1e-5', () => {
      const fixture = load();
      const params = fixture.tree<MmolreParams>('params');

      const output = mmolre(params, encodersOver(params), inputOf(fixture), config, evaluating);
      for (const task of TASKS)
        expect(relativeError(output[task], fixture.get(`output.${task}`)), task).toBeLessThan(1e-5);
      for (const modality of MODALITIES) {
        output.blocks[modality].forEach((block, i) => {
          for (const task of TASKS) {
            const want = fixture.get(`output.gates.${modality}.${i}.${task}`);
            expect(relativeError(block[task].gates, want), `gates ${modality} ${i} ${task}`).toBeLessThan(1e-5);
          }
        });
      }
    });

    test('loss and every gradient agree within 1e-4', () => {
      const fixture = load();
      const params = trainable(fixture.tree<MmolreParams>('params'));
      const input = inputOf(fixture);
      const labels = labelsOf(fixture);
      const list = variables(params);
      const { value, grads } = tf.variableGrads(
        () =>
          trainingLoss(mmolre(params, encodersOver(params), input, config, evaluating), labels, input.present, config),
        [...list.values()],
      );
      const loss = fixture.get('loss').dataSync()[0]!;
      expect(Math.abs(value.dataSync()[0]! - loss) / loss).toBeLessThan(1e-5);
      const ours = new Map([...list].map(([path, variable]) => [path, grads[variable.name]!]));
      expect(differingGradients(ours, fixture.tree<MmolreParams>('grads'), 1e-4)).toEqual([]);
      disposeParams(params);
    });

    test('leaks no tensor', () => {
      const fixture = load();
      const params = fixture.tree<MmolreParams>('params');
      const input = inputOf(fixture);
      const encoders = encodersOver(params);
      const before = tf.memory().numTensors;
      tf.tidy(() => mmolre(params, encoders, input, config, evaluating).sentiment).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
