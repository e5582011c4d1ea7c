import { EMOTIONS, emotionVector } from '@mmolre/datasets';
import { expect, test } from 'vitest';
import { partFacts } from './part-scores';
import type { PredictedSplit } from './parts';

const audio = new Float32Array(16_000);
const happy = emotionVector('happiness');
const calm = emotionVector();
const thresholds = EMOTIONS.map(() => 0.5);

// Four samples of two recordings and two speakers. The model follows the voice wherever text and voice disagree.
const split: PredictedSplit = {
  examples: [
    { id: 'a', text: 'fine', audio, recording: '/1.wav', speaker: 'x', sentiment: 2, emotions: happy },
    { id: 'b', text: 'bad', audio, recording: '/1.wav', speaker: 'x', sentiment: -2, emotions: happy },
    { id: 'c', text: 'sad', audio, recording: '/2.wav', speaker: 'y', sentiment: -1, emotions: calm },
    { id: 'd', text: 'good', audio, recording: '/2.wav', speaker: 'y', sentiment: 1, emotions: calm },
  ],
  passes: {
    whole: [1, 1, -1, -1].map((sentiment, i) => ({ id: '', sentiment, emotions: i < 2 ? happy : calm })),
    both: [0, 1, 2, 3],
    without: {
      text: [1, 1, -1, -1].map((sentiment, i) => ({ id: '', sentiment, emotions: i < 2 ? happy : calm })),
      audio: [2, -2, -1, 1].map((sentiment) => ({ id: '', sentiment, emotions: calm })),
    },
  },
  tasks: ['sentiment', 'emotion'],
  thresholds,
};
const byName = (of: PredictedSplit) => new Map(partFacts(of).map((part) => [`${part.by}: ${part.name}`, part]));

test('every part of four samples, by hand', () => {
  const parts = byName(split);
  expect([...parts.keys()]).toEqual([
    'all: all samples',
    'modalities: without audio',
    'modalities: without text',
    'sentiment: disagree',
    'sentiment: agree',
    'emotion: disagree',
    'emotion: agree',
    'speaker: x',
    'speaker: y',
    'text: of 3 characters',
    'text: of 4 characters',
  ]);
  const figures = (name: string) => {
    const { samples, recordings, sentiment, emotion } = parts.get(name)!;
    return [samples, recordings, sentiment!.corr, sentiment!.mae, emotion!.recall, emotion!.categories];
  };
  expect(figures('all: all samples')).toEqual([4, 2, 0, 1.5, 1, 2]);
  expect(figures('modalities: without audio')).toEqual([4, 2, expect.closeTo(1, 12), 0, 0.5, 2]);
  expect(figures('modalities: without text')).toEqual(figures('all: all samples'));
  expect(figures('sentiment: disagree')).toEqual([2, 2, expect.closeTo(-1, 12), 2.5, 1, 2]);
  expect(figures('sentiment: agree')).toEqual([2, 2, expect.closeTo(1, 12), 0.5, 1, 2]);
  expect(figures('emotion: disagree')).toEqual([2, 1, undefined, 2, 1, 1]);
  expect(figures('speaker: y')).toEqual([2, 1, undefined, 1, 1, 1]);
  // Of happiness alone some have it and some have not; without audio it is never told.
  const told = (name: string) => [parts.get(name)!.emotion!.accuracy, parts.get(name)!.emotion!.weightedF1];
  expect(told('all: all samples')).toEqual([1, 1]);
  expect(told('modalities: without audio')).toEqual([0.5, expect.closeTo(1 / 3, 12)]);
  expect(told('speaker: x')).toEqual([undefined, undefined]);
});

test('a modality that is ignored changes nothing, and one that is used does', () => {
  const parts = byName(split);
  expect(parts.get('modalities: without text')!.change).toEqual({ sentiment: 0, category: 0 });
  expect(parts.get('modalities: without audio')!.change).toEqual({ sentiment: 1.5, category: 0.5 });
  expect(parts.get('all: all samples')).not.toHaveProperty('change');
});

test('of few recordings that is said, however many samples', () => {
  const many = (recordings: number): PredictedSplit => {
    const of = Array.from({ length: 120 }, (_, i) => i % 4);
    const { whole } = split.passes;
    return {
      ...split,
      examples: of.map((k, i) => ({ ...split.examples[k]!, recording: `/${i % recordings}.wav` })),
      passes: { whole: of.map((k) => whole[k]!), both: [], without: { text: [], audio: [] } },
    };
  };
  expect(partFacts(many(29))[0]).toMatchObject({ samples: 120, recordings: 29, few: true });
  expect(partFacts(many(30))[0]).toMatchObject({ samples: 120, recordings: 30, few: false });
  // Without recordings each sample stands by itself.
  const texts = many(30);
  const bare = { ...texts, examples: texts.examples.map(({ recording: _, audio: __, ...rest }) => rest) };
  expect(partFacts(bare)[0]).toMatchObject({ recordings: 120, few: false });
});

test('a model of one task has null for the other, in an empty part too', () => {
  const { passes } = split;
  const agreeing = { ...passes, without: { ...passes.without, audio: passes.without.text } };
  const only = (task: 'sentiment' | 'emotion') =>
    byName({
      ...split,
      passes: agreeing,
      tasks: [task],
      thresholds: task === 'emotion' ? thresholds : undefined,
    });
  expect(only('sentiment').get('sentiment: disagree')).toMatchObject({
    samples: 0,
    few: true,
    sentiment: { count: 0, corr: undefined, mae: undefined },
    emotion: undefined,
  });
  expect(only('emotion').get('emotion: disagree')).toMatchObject({
    samples: 0,
    sentiment: undefined,
    emotion: { count: 0, recall: undefined, categories: 0, accuracy: undefined },
  });
});

test('without labels, speakers, recordings and texts the whole is the only part', () => {
  const facts = partFacts({
    ...split,
    examples: split.examples.map(({ id }) => ({ id })),
    passes: { ...split.passes, both: [], without: { text: [], audio: [] } },
  });
  expect(facts).toHaveLength(1);
  expect(facts[0]).toMatchObject({ by: 'all', samples: 4, sentiment: { count: 0, mae: undefined }, intervals: {} });
  expect(JSON.stringify(facts)).not.toMatch(/NaN|Infinity/);
});
