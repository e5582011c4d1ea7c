import { describeEachBackend } from '@mmolre/backend/test';
import {
  type AudioInput,
  type CompactAudioConfig,
  type CompactAudioParams,
  type CompactTextConfig,
  type CompactTextParams,
  compactAudio,
  compactText,
  type Encoder,
  type TextInput,
} from '@mmolre/encoders';
import { disposeParams, evaluating, trainable } from '@mmolre/nn';
import { differingGradients, type Fixture, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { sliceBatch } from './batch';
import type { VariantName } from './command-line';
import { MODALITIES, type ModelConfig, TASKS } from './config';
import { type Labelled, type Labels, trainingLoss } from './loss';
import { type Encoders, type MmolreInput, type MmolreParams, mmolre } from './mmolre';
import { paperModel } from './presets';
import { modelVariants } from './variants';

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
  normalise: 'clip',
  convNorm: 'layer',
  functionals: null,
  convs: [
    { kernel: 3, stride: 2 },
    { kernel: 3, stride: 2 },
  ],
  numLayers: 1,
  numHeads: 2,
  width: 16,
  dropout: 0,
  augment: { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 },
  maxSeconds: 1,
};

type SmallOptions = {
  extras?: boolean;
  variant?: VariantName;
  fusion?: Partial<ModelConfig['fusion']>;
  added?: boolean;
  numBlocks?: number;
};

function smallConfig({ extras = false, variant = 'mmolre', fusion, added, numBlocks = 2 }: SmallOptions): ModelConfig {
  const model = paperModel(64, 11);
  const small = { ranks: [2, 3, 1, 4, 2], taskRank: 3, topK: 3, residual: extras, norm: extras, numBlocks };
  return modelVariants[variant]({
    ...model,
    dModel: 8,
    text,
    audio,
    unitse: { ...model.unitse, ...small },
    fusion: { ...model.fusion, numLayers: 2, numHeads: 2, width: 16, dropout: 0, ...fusion },
    heads: { hidden: 6, dropout: 0 },
    auxiliaryWeight: extras ? 0.5 : 0,
    ...(added && { auxiliaryPooling: 'statistics', auxiliaryAdded: true, emotionLoss: 'category-ce' }),
  });
}

/** The model of a fixture; a UniTSE without blocks leaves no trace in it. */
const treeOf = (fixture: Fixture): MmolreParams =>
  Object.assign({ unitse: { text: [], audio: [] } }, fixture.tree<MmolreParams>('params'));

const cases: Record<string, SmallOptions> = {
  'mmolre-plain': {},
  'mmolre-auxiliary': { extras: true },
  'pre-fusion': { variant: 'pre-fusion' },
  added: { extras: true, added: true },
  'post-fusion': { variant: 'post-fusion', extras: true },
  'msa-only': { variant: 'msa-only', extras: true },
  'mer-only': { variant: 'mer-only' },
  'shared-directions': { fusion: { shareDirections: true }, numBlocks: 0 },
};

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
    } as Encoder<string, TextInput> as Encoder<string>,
    audio: {
      dModel: 8,
      params: audioParams,
      prepare: never,
      encode: (x, mode) => compactAudio(audioParams, x, audio, mode),
    } as Encoder<Float32Array, AudioInput> as Encoder<Float32Array>,
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
  describe.each(Object.entries(cases))('against PyTorch, %s', (name, options) => {
    const load = () => readFixture(new URL(`./__fixtures__/${name}.safetensors`, import.meta.url));
    const config = smallConfig(options);

    test('scores and gates agree within 1e-5', () => {
      const fixture = load();
      const params = treeOf(fixture);

      const output = mmolre(params, encodersOver(params), inputOf(fixture), config, evaluating);
      for (const task of TASKS) {
        expect(output[task] !== undefined, task).toBe(config.tasks.includes(task));
        if (output[task]) expect(relativeError(output[task], fixture.get(`output.${task}`)), task).toBeLessThan(1e-5);
      }
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
      const params = trainable(treeOf(fixture));
      const input = inputOf(fixture);
      const labels = labelsOf(fixture);
      const { value, gradients } = gradientsOf(
        () =>
          trainingLoss(mmolre(params, encodersOver(params), input, config, evaluating), labels, input.present, config),
        params,
      );
      const loss = fixture.get('loss').dataSync()[0]!;
      expect(Math.abs(value.dataSync()[0]! - loss) / loss).toBeLessThan(1e-5);
      expect(differingGradients(gradients, fixture.tree<MmolreParams>('grads'), 1e-4)).toEqual([]);
      disposeParams(params);
    });

    test('loss and gradients of two parts add up to them', () => {
      const fixture = load();
      const params = trainable(treeOf(fixture));
      const whole = { input: inputOf(fixture), labels: labelsOf(fixture) };
      const lossOfPart = (start: number, size: number) => () => {
        const { input, labels } = sliceBatch(whole, start, size);
        const output = mmolre(params, encodersOver(params), input, config, evaluating);
        const labelled = { labels: whole.labels, present: whole.input.present };
        return trainingLoss(output, labels, input.present, config, undefined, labelled);
      };
      const B = whole.labels.sentiment.size;
      const [first, second] = [gradientsOf(lossOfPart(0, 1), params), gradientsOf(lossOfPart(1, B - 1), params)];
      const loss = fixture.get('loss').dataSync()[0]!;
      expect(Math.abs(tf.add(first.value, second.value).dataSync()[0]! - loss) / loss).toBeLessThan(1e-5);
      const sums = [...first.gradients].map(
        ([path, grad]) => [path, tf.add(grad, second.gradients.get(path)!)] as const,
      );
      expect(differingGradients(new Map(sums), fixture.tree<MmolreParams>('grads'), 1e-4)).toEqual([]);
      disposeParams(params);
    });

    test('leaks no tensor', () => {
      const fixture = load();
      const params = treeOf(fixture);
      const input = inputOf(fixture);
      const encoders = encodersOver(params);
      const before = tf.memory().numTensors;
      tf.dispose(tf.tidy(() => mmolre(params, encoders, input, config, evaluating)[config.tasks[0]!]!));
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test('the balance of the experts of a part is refused', () => {
    const fixture = readFixture(new URL('./__fixtures__/mmolre-plain.safetensors', import.meta.url));
    const params = treeOf(fixture);
    const [input, labels, config] = [inputOf(fixture), labelsOf(fixture), smallConfig({})];
    const balanced = { ...config, unitse: { ...config.unitse, balanceWeight: 0.1 } };
    const output = mmolre(params, encodersOver(params), input, balanced, evaluating);
    const lossOf = (whole?: Labelled) => trainingLoss(output, labels, input.present, balanced, undefined, whole);
    expect(Number.isFinite(lossOf().dataSync()[0])).toBe(true);
    expect(() => lossOf({ labels, present: input.present })).toThrow('set model.unitse.balanceWeight to 0');
  });

  test('noise on the gates follows the seed of training, and there is none in evaluation', () => {
    const fixture = readFixture(new URL('./__fixtures__/mmolre-plain.safetensors', import.meta.url));
    const params = treeOf(fixture);
    const config = smallConfig({});
    const noisy = { ...config, unitse: { ...config.unitse, gateNoise: 1 } };
    const gates = (seed: number | undefined) => {
      const mode = seed === undefined ? evaluating : { training: true, seed };
      const { blocks } = mmolre(params, encodersOver(params), inputOf(fixture), noisy, mode);
      return [blocks.text[0]!, blocks.audio[0]!].map(({ emotion }) => emotion.gates.arraySync());
    };
    expect(gates(1)).toEqual(gates(1));
    for (const modality of [0, 1]) {
      expect(gates(1)[modality]).not.toEqual(gates(2)[modality]);
      expect(gates(1)[modality]).not.toEqual(gates(undefined)[modality]);
    }
    const want = fixture.get('output.gates.text.0.emotion').arraySync();
    expect(gates(undefined)[0]!.flat()).toEqual((want as number[][]).flat().map((gate) => expect.closeTo(gate, 5)));
  });
});
