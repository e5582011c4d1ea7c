import { expect, test } from 'vitest';
import { EMOTIONS } from './emotion';
import {
  emotionsIn,
  GOEMOTIONS_POLARITY,
  GOEMOTIONS_VOCABULARY,
  IEMOCAP_VOCABULARY,
  MELD_VOCABULARY,
  MOSEI_VOCABULARY,
} from './vocabularies';

test("each source's words reach all six emotions", () => {
  for (const vocabulary of [MOSEI_VOCABULARY, MELD_VOCABULARY, IEMOCAP_VOCABULARY, GOEMOTIONS_VOCABULARY]) {
    expect(new Set(Object.values(vocabulary).flatMap((emotions) => emotions ?? []))).toEqual(new Set(EMOTIONS));
  }
});

test('words that differ from the emotion they stand for', () => {
  expect(emotionsIn(MELD_VOCABULARY, 'joy')).toEqual(['happiness']);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'fea')).toEqual(['fear']);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'exc')).toEqual(['happiness']);
  expect(emotionsIn(MOSEI_VOCABULARY, 'happy')).toEqual(['happiness']);
  expect(emotionsIn(GOEMOTIONS_VOCABULARY, 'remorse')).toEqual(['sadness']);
});

test('neutral is no emotion, not a seventh', () => {
  expect(emotionsIn(MELD_VOCABULARY, 'neutral')).toEqual([]);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'neu')).toEqual([]);
  expect(emotionsIn(GOEMOTIONS_VOCABULARY, 'neutral')).toEqual([]);
});

test('words that are neither one of the six nor none', () => {
  expect(['fru', 'oth', 'xxx'].map((code) => emotionsIn(IEMOCAP_VOCABULARY, code))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const extended = { ...IEMOCAP_VOCABULARY, fru: ['anger'] } as const;
  expect(emotionsIn(extended, 'fru')).toEqual(['anger']);
});

test('a word that the table does not have is refused by name', () => {
  expect(() => emotionsIn(MOSEI_VOCABULARY, 'fru')).toThrow(
    'emotionsIn: expected one of happy, sad, anger, surprise, disgust, fear, found "fru"',
  );
  expect(() => emotionsIn(MELD_VOCABULARY, 'toString')).toThrow('found "toString"');
});

test("GoEmotions' 28 words and their polarities", () => {
  const of = (polarity: string | null) =>
    Object.entries(GOEMOTIONS_POLARITY)
      .filter(([, value]) => value === polarity)
      .map(([word]) => word);
  expect([of('positive').length, of('negative').length, of('neutral'), of(null).sort()]).toEqual([
    12,
    11,
    ['neutral'],
    ['confusion', 'curiosity', 'realization', 'surprise'],
  ]);
});
