import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IEMOCAP_CODES, iemocapPolarity, polarityOf } from './polarity';

test('a score of exactly 0 is neutral, however it is signed', () => {
  expect([-3, -0.2, -0, 0, 0.2, 3].map(polarityOf)).toEqual([
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
    fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (score) => {
      expect(polarityOf(-score)).toBe(opposite[polarityOf(score)]);
    }),
  );
});

test('a score that is not a number is refused', () => {
  expect(() => polarityOf(Number.NaN)).toThrow('polarityOf: expected a sentiment score, found NaN');
});

test("IEMOCAP's categories: one neutral, two positive, eight negative", () => {
  const of = (polarity: string) => [...IEMOCAP_CODES].filter((code) => iemocapPolarity(code) === polarity);
  expect(of('neutral')).toEqual(['neu']);
  expect(of('positive')).toEqual(['hap', 'exc']);
  expect(of('negative')).toEqual(['sad', 'ang', 'fru', 'sur', 'fea', 'dis', 'oth', 'xxx']);
  expect(() => iemocapPolarity('joy')).toThrow('found "joy"');
});
