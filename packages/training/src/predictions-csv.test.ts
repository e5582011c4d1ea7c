import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { predictionsCsv } from './predictions-csv';

const thresholds = new Array(6).fill(0.5);
const none = [0, 0, 0, 0, 0, 0];

function rowOf(
  example: { id: string; sentiment?: number; emotions?: number[] },
  scores: { sentiment?: number; emotions?: number[] },
) {
  const csv = predictionsCsv(
    [{ text: 'x', ...example }],
    [{ id: example.id, ...scores }],
    scores.emotions && thresholds,
  );
  return parse(csv, { columns: true })[0] as Record<string, string>;
}

test('a row holds the id, both labels, every score and the category', () => {
  const row = rowOf(
    { id: 'a,"b"/1', sentiment: -1.5, emotions: [0, 1, 1, 0, 0, 0] },
    { sentiment: -0.25, emotions: [0.1, 0.6, 0.9, 0.2, 0.3, 0.4] },
  );
  expect(row).toEqual({
    id: 'a,"b"/1',
    sentiment_label: '-1.5',
    sentiment: '-0.25',
    happiness_label: '0',
    happiness: '0.1',
    sadness_label: '1',
    sadness: '0.6',
    anger_label: '1',
    anger: '0.9',
    surprise_label: '0',
    surprise: '0.2',
    disgust_label: '0',
    disgust: '0.3',
    fear_label: '0',
    fear: '0.4',
    category_label: 'sadness+anger',
    category: 'anger',
  });
});

test('a label that is not there stays empty; no emotion at all is none', () => {
  const low = { sentiment: 0, emotions: [0.1, 0.2, 0.3, 0.1, 0.2, 0.3] };
  const unlabelled = rowOf({ id: '1' }, low);
  expect([unlabelled.sentiment_label, unlabelled.fear_label, unlabelled.category_label]).toEqual(['', '', '']);
  const neutral = rowOf({ id: '2', emotions: none }, low);
  expect([neutral.category_label, neutral.category]).toEqual(['none', 'none']);
});

test('what a model of one task does not say stays empty', () => {
  const sentimentOnly = rowOf({ id: '1', emotions: none }, { sentiment: 0.5 });
  expect([sentimentOnly.sentiment, sentimentOnly.fear, sentimentOnly.category]).toEqual(['0.5', '', '']);
  expect(sentimentOnly.category_label).toBe('none');
  expect(rowOf({ id: '2', sentiment: 1 }, { emotions: none })).toMatchObject({
    sentiment: '',
    fear: '0',
    category: 'none',
  });
});
