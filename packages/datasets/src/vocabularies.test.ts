import { expect, test } from 'vitest';
import { EMOTIONS } from './sample';
import {
  CREMA_D_POLARITY,
  CREMA_D_VOCABULARY,
  emotionsIn,
  GOEMOTIONS_POLARITY,
  GOEMOTIONS_VOCABULARY,
  IEMOCAP_POLARITY,
  IEMOCAP_VOCABULARY,
  MELD_VOCABULARY,
  MOSEI_VOCABULARY,
  polarityIn,
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

test("IEMOCAP's codes: one neutral, two positive, five negative, three of no polarity", () => {
  const codes = Object.keys(IEMOCAP_VOCABULARY);
  const of = (polarity?: string) => codes.filter((code) => polarityIn(IEMOCAP_POLARITY, code) === polarity);
  expect(of('neutral')).toEqual(['neu']);
  expect(of('positive')).toEqual(['hap', 'exc']);
  expect(of('negative')).toEqual(['sad', 'ang', 'fea', 'dis', 'fru']);
  expect(of(undefined)).toEqual(['sur', 'oth', 'xxx']);
  expect(() => polarityIn(IEMOCAP_POLARITY, 'joy')).toThrow('found "joy"');
});

test('several words: all their emotions in one order, and the polarity that all of them have', () => {
  expect(emotionsIn(GOEMOTIONS_VOCABULARY, 'anger', 'grief', 'remorse', 'neutral')).toEqual(['sadness', 'anger']);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'ang', 'fru')).toBeUndefined();
  expect(polarityIn(GOEMOTIONS_POLARITY, 'anger', 'grief')).toBe('negative');
  expect(polarityIn(GOEMOTIONS_POLARITY, 'anger', 'joy')).toBeUndefined();
  expect(polarityIn(GOEMOTIONS_POLARITY, 'anger', 'surprise')).toBeUndefined();
  expect([emotionsIn(GOEMOTIONS_VOCABULARY), polarityIn(GOEMOTIONS_POLARITY)]).toEqual([[], undefined]);
});

test('the numbers of GoEmotions are the places of its words', () => {
  const words = Object.keys(GOEMOTIONS_VOCABULARY);
  expect([words[0], words[4], words[26], words[27], words.length]).toEqual([
    'admiration',
    'approval',
    'surprise',
    'neutral',
    28,
  ]);
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

test("CREMA-D's six categories: all emotions but surprise, each with a polarity", () => {
  const found = Object.keys(CREMA_D_VOCABULARY).map((word) => [
    ...emotionsIn(CREMA_D_VOCABULARY, word)!,
    polarityIn(CREMA_D_POLARITY, word),
  ]);
  expect(found).toEqual([
    ['anger', 'negative'],
    ['disgust', 'negative'],
    ['fear', 'negative'],
    ['happiness', 'positive'],
    ['neutral'],
    ['sadness', 'negative'],
  ]);
  expect(polarityIn(CREMA_D_POLARITY, 'ANG', 'SAD')).toBe('negative');
  expect(polarityIn(CREMA_D_POLARITY, 'ANG', 'NEU')).toBeUndefined();
});
