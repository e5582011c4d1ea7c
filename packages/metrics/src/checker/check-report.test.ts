import { expect, test } from 'vitest';
import { rowsOf } from '../../test/csv-rows';
import { check } from './check';
import { checkReport } from './check-report';
import { readPredictions } from './predictions';

const reportOf = (...lines: string[]) =>
  checkReport(check({ predictions: readPredictions(rowsOf(...lines)), thresholds: '' }));

test('has a table of each thing that was asked for', () => {
  const found = reportOf(
    'sentiment_label,sentiment,fear_label,fear',
    '1,2,0,0.2',
    '-1,-2,1,0.9',
    '3,-1,0,',
    '0,1,1,0.3',
  );
  expect(found.map(({ title }) => title)).toEqual([
    ...['Sentiment, 4 samples', 'Emotions, 3 samples', 'Confusion matrices'],
    ...['Seven classes of sentiment', 'Calibration'],
  ]);
  const [sentiment, emotions, counts, seven, calibration] = found;
  expect(sentiment!.rows.find(([name]) => name === 'acc2_has0')).toEqual(
    ['acc2_has0', '0.7500', 'undefined', '0.2500', '0.7500'], // the median of the labels is 0.5
  );
  expect(sentiment!.rows.find(([name]) => name === 'corr')!.at(-1)).toBe('undefined');
  expect(emotions!.rows.find(([name]) => name === 'fear_f1_positive')!.slice(0, 2)).toEqual([
    'fear_f1_positive',
    '0.6667',
  ]);
  expect(emotions!.notes).toEqual(['thresholds: fear 0.5', '1 of 4 rows lack a label or a score and are left out']);
  expect(counts!.rows).toContainEqual(['fear_accuracy', '1', '0', '1', '1', '0.6667']);
  expect(seven!.rows[6]).toEqual(['3', '0', '0', '1', '0', '0', '0', '0']);
  expect(calibration!.rows[0]).toEqual(['fear', '0.1 .. 0.2', '1', '0.2000', '0.0000']);
});

test('says where categories were made with other thresholds', () => {
  const [{ notes } = { notes: [] }] = reportOf('fear_label,fear,category', '1,0.4,fear', '0,0.1,none');
  expect(notes).toContain(
    'the category of 1 rows does not follow from these thresholds: the file was made with others',
  );
});

test('a table without rows has nothing but undefined', () => {
  const [sentiment] = reportOf('label,prediction');
  expect(sentiment!.rows.every(([, ...cells]) => cells.every((cell) => cell === 'undefined' || cell === ''))).toBe(
    true,
  );
});
