import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMOTIONS, emotionVector, NUM_EMOTIONS, polarityOf } from './sample';

test('a score of exactly 0 is neutral, however it is signed', () => {
  expect([-3, -0.2, -0, 0, 0.2, 3].map((sentiment) => polarityOf({ sentiment }))).toEqual([
    'negative',
    'negative',
    'neutral',
    'neutral',
    'positive',
    'positive',
  ]);
});

test('opposite scores have opposite polarities', () => {
  const opposite = { negative: 'positive', neutral: 'neutral', positive: 'negative' };
  fc.assert(
    fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (sentiment) => {
      expect(polarityOf({ sentiment: -sentiment })).toBe(opposite[polarityOf({ sentiment })!]);
    }),
  );
});

test('without a score it is what the corpus says, and with both the score tells', () => {
  expect(polarityOf({ polarity: 'neutral' })).toBe('neutral');
  expect(polarityOf({})).toBeUndefined();
  expect(polarityOf({ sentiment: 0.4, polarity: 'neutral' })).toBe('positive');
});

test('a score that is not a number is refused', () => {
  expect(() => polarityOf({ sentiment: Number.NaN })).toThrow('polarityOf: expected a sentiment score, found NaN');
});

test('emotion vectors have the order of EMOTIONS, whatever that of the names', () => {
  expect(emotionVector('fear', 'sadness')).toEqual([0, 1, 0, 0, 0, 1]);
  expect(emotionVector()).toEqual([0, 0, 0, 0, 0, 0]);
  expect(emotionVector(...EMOTIONS)).toEqual(new Array(NUM_EMOTIONS).fill(1));
});
