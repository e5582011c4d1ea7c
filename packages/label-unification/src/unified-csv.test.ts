import { EMOTIONS, POLARITIES } from '@mmolre/datasets';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UnifiedLabel } from './types';
import { parseUnifiedCsv, readUnifiedCsv, unifiedCsv } from './unified-csv';

const label: UnifiedLabel = {
  target: { id: 'v1/3', split: 'train', text: 'its text', polarity: 'negative' },
  emotions: ['anger', 'fear'],
  match: {
    source: {
      id: 'meld:train_dia0/utt3',
      source: 'meld',
      split: 'train',
      text: 'No, "never"',
      polarity: 'negative',
      emotions: ['anger', 'fear'],
    },
    similarity: 0.5,
    secondSimilarity: 1 / 3,
  },
};
const HEAD = 'target_id,split,polarity,emotions,source_id,source_set,source_text,similarity,second_similarity\n';

test('a label is a line', () => {
  const none = { ...label, emotions: [], match: undefined };
  const missing = { ...label, emotions: undefined };
  expect(unifiedCsv([label, none, missing])).toBe(
    `${HEAD}v1/3,train,negative,anger+fear,meld:train_dia0/utt3,meld,"No, ""never""",0.500000,0.333333
v1/3,train,negative,none,,,,,
v1/3,train,negative,,meld:train_dia0/utt3,meld,"No, ""never""",0.500000,0.333333\n`,
  );
});

test('what is written is read again, whatever the texts are', () => {
  const text = fc.string({ unit: 'grapheme' });
  const id = text.filter((value) => value !== '');
  const labels = fc.array(
    fc.record({
      target: fc.record({
        id,
        split: fc.constantFrom('train', 'valid', 'test'),
        text,
        polarity: fc.constantFrom(...POLARITIES),
      }),
      emotions: fc.option(fc.subarray([...EMOTIONS]), { nil: undefined }),
      match: fc.record({
        source: fc.record({
          id,
          source: id,
          split: text,
          text,
          polarity: fc.constant('neutral' as const),
          emotions: fc.constant([]),
        }),
        similarity: fc.double({ min: -1, max: 1, noNaN: true }),
        secondSimilarity: fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
      }),
    }),
  );
  fc.assert(
    fc.property(labels, (some) => {
      const rows = parseUnifiedCsv(unifiedCsv(some), 'x.csv');
      expect(rows.map(({ targetId, split, emotions, sourceId }) => ({ targetId, split, emotions, sourceId }))).toEqual(
        some.map(({ target, emotions, match }) => ({
          targetId: target.id,
          split: target.split,
          emotions,
          sourceId: match.source.id,
        })),
      );
      for (const [i, { similarity }] of rows.entries()) expect(similarity).toBeCloseTo(some[i]!.match.similarity, 5);
    }),
  );
});

test('what is wrong is named with its line', async () => {
  const read = (line: string) => () =>
    parseUnifiedCsv(`${HEAD}v1/1,train,neutral,none,,,"two\nlines",0.5,\n${line}\n`, 'x.csv');
  expect(read('v1/2,train,negative,rage,,,,0.5,')).toThrow(
    'x.csv, line 4, column emotions: expected none, nothing, or some of happiness',
  );
  expect(read('v1/2,dev,negative,none,,,,0.5,')).toThrow(
    'x.csv, line 4, column split: expected one of train, valid, test, found "dev"',
  );
  expect(read('v1/2,train,negative,none,,,,1.5,')).toThrow('column similarity: expected a number from -1 to 1');
  expect(read(',train,negative,none,,,,0.5,')).toThrow('column target_id');
  expect(read('v1/2,train,"negative')).toThrow('x.csv, line 4: expected CSV: a double quote is opened');
  expect(() => parseUnifiedCsv('a,b\n', 'x.csv')).toThrow('x.csv, line 1: missing column target_id, split');
  await expect(readUnifiedCsv('/no/such/file.csv')).rejects.toThrow(
    '/no/such/file.csv: no such file; mmolre-unify makes one',
  );
});
