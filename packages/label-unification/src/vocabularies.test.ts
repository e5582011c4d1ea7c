import { expect, test } from 'vitest';
import { EMOTIONS } from './emotion';
import { emotionsIn, IEMOCAP_VOCABULARY, MELD_VOCABULARY, MOSEI_VOCABULARY } from './vocabularies';

test("each source's words reach all six emotions, each by one word", () => {
  for (const vocabulary of [MOSEI_VOCABULARY, MELD_VOCABULARY, IEMOCAP_VOCABULARY]) {
    expect(Object.values(vocabulary).flat().sort()).toEqual([...EMOTIONS].sort());
  }
});

test('words that differ from the emotion they stand for', () => {
  expect(emotionsIn(MELD_VOCABULARY, 'joy')).toEqual(['happiness']);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'fea')).toEqual(['fear']);
  expect(emotionsIn(MOSEI_VOCABULARY, 'happy')).toEqual(['happiness']);
});

test('neutral is no emotion, not a seventh', () => {
  expect(emotionsIn(MELD_VOCABULARY, 'neutral')).toEqual([]);
  expect(emotionsIn(IEMOCAP_VOCABULARY, 'neu')).toEqual([]);
});

test('what is not decided is refused by name', () => {
  expect(() => emotionsIn(IEMOCAP_VOCABULARY, 'fru')).toThrow(
    'emotionsIn: expected one of hap, sad, ang, sur, dis, fea, neu, found "fru"',
  );
  expect(() => emotionsIn(MELD_VOCABULARY, 'toString')).toThrow('found "toString"');
  const extended = { ...IEMOCAP_VOCABULARY, exc: ['happiness'] } as const;
  expect(emotionsIn(extended, 'exc')).toEqual(['happiness']);
});
