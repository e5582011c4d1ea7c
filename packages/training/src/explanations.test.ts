import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Model } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Answering, answersOf, type Utterance } from './answers';
import { explanationsOf } from './explanations';
import { compact } from './presets';

const config = compact();
let model: Model;
let answering: Answering;
beforeAll(async () => {
  await useBackend({ log: () => {} });
  model = await createModel(config.model, 3, { find: findPlace });
  answering = { model, config, thresholds: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] };
});
afterAll(() => disposeParams(model.params));

const audio = Float32Array.from({ length: 9000 }, (_, i) => 0.3 * Math.sin(i / 9));
const text = 'I loved every minute of it';

test('the answer is that of predict, and each modality alone the answer to that modality', () => {
  const utterances: Utterance[] = [{ text, audio }, { text: 'so bad' }, { audio, text: '  ' }];
  const before = tf.memory().numTensors;
  const explanations = explanationsOf(answering, utterances);
  expect(tf.memory().numTensors).toBe(before);
  const answers = answersOf(answering, utterances);
  const [textAlone, audioAlone] = answersOf(answering, [{ text }, { audio }]);
  for (const [i, { alone, experts, ...answer }] of explanations.entries()) expectSame(answer, answers[i]!);
  expect(explanations.map(({ alone }) => Object.keys(alone))).toEqual([['text', 'audio'], ['text'], ['audio']]);
  expectSame(explanations[0]!.alone.text!, textAlone!);
  expectSame(explanations[0]!.alone.audio!, audioAlone!);
  expectSame(explanations[1]!.alone.text!, answers[1]!);
});

test('in each block and for each task as many experts answer as the router may take, those of a missing modality not', () => {
  const [both, spoken] = explanationsOf(answering, [{ text, audio }, { audio }]);
  expect(Object.keys(spoken!.experts)).toEqual(['audio']);
  const { numBlocks, ranks, topK } = config.model.unitse;
  for (const blocks of Object.values(both!.experts)) {
    expect(blocks).toHaveLength(numBlocks);
    for (const gates of blocks.flatMap((block) => [block.sentiment, block.emotion])) {
      expect(gates).toHaveLength(ranks.length);
      expect(gates.filter((gate) => gate > 0)).toHaveLength(topK);
    }
  }
  expect(both!.experts.text![0]!.sentiment).not.toEqual(both!.experts.text![0]!.emotion);
});

test('a modality that the run leaves out says nothing; of nothing nothing is said', () => {
  const silent = { ...answering, config: { ...config, training: { ...config.training, ablate: 'audio' as const } } };
  const [explanation] = explanationsOf(silent, [{ text, audio }]);
  expect([Object.keys(explanation!.alone), Object.keys(explanation!.experts)]).toEqual([['text'], ['text']]);
  expect(explanationsOf(answering, [])).toEqual([]);
});

function expectSame(found: Answer, expected: Answer): void {
  expect(found.sentiment).toBeCloseTo(expected.sentiment!, 4);
  for (const [name, value] of Object.entries(expected.emotions!))
    expect(found.emotions![name as keyof NonNullable<Answer['emotions']>]).toBeCloseTo(value, 4);
  expect([found.category, found.present]).toEqual([expected.category, expected.present]);
}
