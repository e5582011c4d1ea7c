import { IEMOCAP_VOCABULARY, type Sample } from '@mmolre/datasets';
import { expect, test } from 'vitest';
import { donorsOf, targetsOf } from './donors';

const sample = (over: Partial<Sample>): Sample => ({
  id: 'v/1',
  videoId: 'v',
  clipId: '1',
  split: 'train',
  text: 'a',
  ...over,
});

test('of corpora with words of their own, by their tables', () => {
  const samples = [
    sample({ id: 'd/1', category: 'exc', polarity: 'positive' }),
    sample({ id: 'd/2', category: 'fru', polarity: 'negative' }),
    sample({ id: 'd/3', category: 'neu', polarity: 'neutral', split: 'test' }),
    sample({ id: 'd/4', category: 'xxx' }),
    sample({ id: 'd/5' }),
  ];
  const { sources, leftOut } = donorsOf({ layout: 'iemocap', samples }, { name: 'iemocap' });
  expect(sources.map(({ id, source, polarity, emotions }) => [id, source, polarity, ...emotions])).toEqual([
    ['iemocap:d/1', 'iemocap', 'positive', 'happiness'],
    ['iemocap:d/3', 'iemocap', 'neutral'],
  ]);
  expect(leftOut).toBe(3);
  const vocabulary = { ...IEMOCAP_VOCABULARY, fru: ['anger'] } as const;
  expect(donorsOf({ layout: 'iemocap', samples }, { name: 'x', vocabulary, splits: ['train'] })).toMatchObject({
    sources: [{ id: 'x:d/1' }, { id: 'x:d/2', emotions: ['anger'] }],
    leftOut: 2,
  });
});

test('of GoEmotions: all words of a comment count, and without one polarity it is no donor', () => {
  const samples = [
    sample({ id: '1', category: 'grief,anger', polarity: 'negative' }),
    sample({ id: '2', category: 'neutral', polarity: 'neutral' }),
    sample({ id: '3', category: 'curiosity' }),
  ];
  const { sources } = donorsOf({ layout: 'goemotions', samples }, { name: 'g' });
  expect(sources.map(({ emotions }) => emotions)).toEqual([['sadness', 'anger'], []]);
});

test('of label.csv: columns of the six, and the sign of the score; a sample without any emotion gives none', () => {
  const samples = [
    sample({ id: '1', sentiment: -0.2, emotions: [0, 0, 1, 0, 0, 1] }),
    sample({ id: '2', sentiment: 0, emotions: [0, 0, 0, 0, 0, 0] }),
    sample({ id: '3', sentiment: 1 }),
    sample({ id: '4', emotions: [1, 0, 0, 0, 0, 0] }),
  ];
  const { sources, leftOut } = donorsOf({ layout: 'label-folder', samples }, { name: 'mosei' });
  expect(sources.map(({ polarity, emotions }) => [polarity, ...emotions])).toEqual([
    ['negative', 'anger', 'fear'],
    ['neutral'],
  ]);
  expect(leftOut).toBe(2);
});

test('targets need a sentiment alone, and are of the splits that are asked for', () => {
  const samples = [
    sample({ id: '1', sentiment: 2 }),
    sample({ id: '2', polarity: 'negative' }),
    sample({ id: '3' }),
    sample({ id: '4', sentiment: 1, split: 'test' }),
  ];
  expect(targetsOf(samples, ['train'])).toEqual({
    targets: [
      { id: '1', split: 'train', text: 'a', polarity: 'positive' },
      { id: '2', split: 'train', text: 'a', polarity: 'negative' },
    ],
    leftOut: 1,
  });
});
