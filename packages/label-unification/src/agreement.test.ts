import type { Emotion } from '@mmolre/datasets';
import { toTerminal } from '@mmolre/report';
import { expect, test } from 'vitest';
import { agreement } from './agreement';
import { agreementBlocks } from './agreement-table';
import type { SourceSample, UnifiedLabel } from './types';

const source = (...emotions: Emotion[]): SourceSample => ({
  id: 's:x',
  source: 's',
  split: 'train',
  text: '',
  polarity: 'negative',
  emotions,
});
const label = (id: string, ...emotions: Emotion[]): UnifiedLabel => ({
  target: { id, split: 'valid', text: '', polarity: 'negative' },
  emotions,
  match: undefined,
});

const truth = new Map<string, Emotion[]>([
  ['a', ['anger']],
  ['b', ['anger', 'fear']],
  ['c', ['fear']],
  ['d', ['sadness']],
]);
const labels = [label('a', 'anger'), label('b', 'anger'), label('c', 'fear'), label('d', 'anger')];
const sources = [source('anger'), source('anger'), source('anger', 'sadness'), source('fear')];

test('recall and equal sets beside the two baselines, by hand', () => {
  const report = agreement(labels, truth, sources, 'negative');
  expect(report).toMatchObject({ polarity: 'negative', targets: 4, sources: 4 });
  expect(report.search.recall).toEqual({
    anger: 1,
    fear: 0.5,
    sadness: 0,
    happiness: undefined,
    surprise: undefined,
    disgust: undefined,
  });
  expect([report.search.meanRecall, report.search.equalSets]).toEqual([0.5, 0.5]);
  // Three of four sources have anger: always anger.
  expect([report.mostFrequent.meanRecall, report.mostFrequent.equalSets]).toEqual([1 / 3, 1 / 4]);
  // Drawn at random: anger 3/4, fear 1/4, sadness 1/4. Equal: {anger} 2/4, {anger, fear} 0, {fear} 1/4, {sadness} 0.
  expect(report.random.recall).toMatchObject({ anger: 3 / 4, fear: 1 / 4, sadness: 1 / 4 });
  expect(report.random.equalSets).toBe((2 / 4 + 1 / 4) / 4);
});

test('as a table', () => {
  expect(toTerminal(agreementBlocks([agreement(labels, truth, sources, 'negative')]))).toBe(
    `negative: 4 targets, 4 sources; recall of each emotion
               sadness  anger   fear  mean recall  equal sets
-------------  -------  -----  -----  -----------  ----------
most similar     0.000  1.000  0.500        0.500       0.500
most frequent    0.000  1.000  0.000        0.333       0.250
at random        0.250  0.750  0.250        0.417       0.188
`,
  );
  const neutral = agreement(
    [{ ...label('a'), target: { ...label('a').target, polarity: 'neutral' } }],
    new Map([['a', []]]),
    [{ ...source(), polarity: 'neutral' }],
    'neutral',
  );
  expect(toTerminal(agreementBlocks([neutral]))).toMatch(/equal sets\n-+ {2}-+\nmost similar {8}1.000/);
});
