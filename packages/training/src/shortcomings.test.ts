import { expect, test } from 'vitest';
import { shortcomings } from './shortcomings';

const whole = { id: 'v/1', videoId: 'v', clipId: '1', split: 'train', text: 'fine', sentiment: 1 } as const;

test('a whole data set has none', () => {
  const train = [{ ...whole, recording: 'v/1.wav', emotions: [1, 0, 0, 0, 0, 0] }, whole];
  expect(shortcomings({ train, warnings: [] }, ['sentiment', 'emotion'])).toEqual([]);
});

test('says what no training sample has, of the tasks that are trained', () => {
  const lines = shortcomings({ train: [whole], warnings: [] }, ['sentiment', 'emotion']);
  expect(lines).toEqual([expect.stringContaining('a recording'), expect.stringContaining('emotions')]);
  expect(shortcomings({ train: [whole], warnings: [] }, ['sentiment'])).toHaveLength(1);
  const { sentiment: _, ...unrated } = whole;
  expect(shortcomings({ train: [unrated], warnings: [] }, ['sentiment'])[1]).toContain('a sentiment');
});

test('counts what reading the data found, and shows the first of it', () => {
  const warning = {
    kind: 'unmatched',
    severity: 'warning',
    file: 'label.csv',
    message: 'label.csv, line 2: no segment',
  } as const;
  const train = [{ ...whole, recording: 'v/1.wav' }];
  expect(shortcomings({ train, warnings: [warning, warning] }, ['sentiment'])).toEqual([
    '2 remarks on the data (data validate lists them), the first: label.csv, line 2: no segment',
  ]);
});

test('says what was left out, a cause in a line', () => {
  const lost = [2, 3, 4, 5].map((line) => ({
    kind: 'label-range' as const,
    severity: 'error' as const,
    file: 'label.csv',
    line,
    message: `label.csv, line ${line}, column label: expected a number, found "x"`,
  }));
  const train = [{ ...whole, recording: 'v/1.wav' }];
  expect(shortcomings({ train, warnings: lost }, ['sentiment'])).toEqual([
    'left out: label.csv, line 2, column label: expected a number, found "x" (4 times: also line 3, line 4, …)',
  ]);
});
