import { expect, test } from 'vitest';
import { rowsOf } from '../../test/csv-rows';
import { readPredictions } from './predictions';

test('reads what eval writes', () => {
  const found = readPredictions(
    rowsOf(
      'id,sentiment_label,sentiment,fear_label,fear,anger_label,anger,category_label,category',
      'a,-1.5,-0.25,0,0.1,1,0.9,anger,anger',
      'b,2,1e-1,0.33,0.5,0,0,fear,none',
    ),
  );
  expect(found).toEqual({
    rows: 2,
    sentiment: { scores: [-0.25, 0.1], labels: [-1.5, 2] },
    emotions: {
      names: ['fear', 'anger'],
      probabilities: [
        [0.1, 0.9],
        [0.5, 0],
      ],
      labels: [
        [0, 1],
        [0.33, 0],
      ],
      categories: ['anger', 'none'],
    },
  });
});

test('reads a plain table of two columns', () => {
  const { sentiment, emotions } = readPredictions(rowsOf('label, prediction', '1,2', '-1,0.5'));
  expect(sentiment).toEqual({ scores: [2, 0.5], labels: [1, -1] });
  expect(emotions).toBeUndefined();
});

test('leaves a row out of the task whose cells it lacks', () => {
  const table = rowsOf('sentiment_label,sentiment,fear_label,fear', '1,2,,0.5', ',1,1,0.5', '-1,-2,0,0.1');
  const { rows, sentiment, emotions } = readPredictions(table);
  expect([rows, sentiment!.labels, emotions!.labels]).toEqual([3, [1, -1], [[1], [0]]]);
});

test.each([
  [['label,prediction', '1,2', 'x,3'], 'line 3, column label: expected a number, found "x"'],
  [['label,prediction', 'nan,3'], 'line 2, column label: expected a number, found "nan"'],
  [['label,prediction', '1,1e999'], 'line 2, column prediction: expected a number, found "1e999"'],
  [['label,prediction', '0x1,3'], 'line 2, column label: expected a number, found "0x1"'],
  [['fear_label,fear', '1,1.5'], 'line 2, column fear: expected a probability of 0 to 1, found 1.5'],
  [['label,prediction', '1'], 'line 2: expected 2 cells, found 1'],
  [['label,prediction,label', '1,2,3'], 'line 1: column "label" is there twice'],
  [['model,label,prediction', 'a,1,2', 'b,1,2'], 'line 3: expected the rows of one model, found "b" after "a"'],
  [['id,text'], 'line 1: expected columns sentiment and sentiment_label, or prediction and label'],
  [[''], 'line 1: expected the names of columns, found an empty file'],
])('%j: %s', (lines, message) => {
  expect(() => readPredictions(rowsOf(...lines))).toThrow(message);
});
