import { expect, test } from 'vitest';
import { paperResults } from './paper-results';

const { sentiment, emotion, ranks } = paperResults;
const row = (method: string) => sentiment.find((entry) => entry.method === method)!;

test('holds every row of the three tables', () => {
  expect(sentiment.map(({ method }) => method)).toEqual(
    'MTL MulT MISA Self-MM MAG-BERT MMIM SPECTRA HyCon UniMSE MMML MMoLRE'.split(' '),
  );
  expect(emotion.map(({ method }) => method)).toEqual([
    'Multilogue-Net',
    'TBJE',
    'MR',
    'COGMEN',
    'CORECT',
    'Baseline (only MER)',
    'Pre-fusion',
    'Post-fusion',
    'MMoLRE (Pre-fusion+UniTSE)',
  ]);
  expect(ranks.map((entry) => [entry.ranks.length, entry.ranks[0], entry.ranks.at(-1)])).toEqual([
    [15, 16, 16],
    [15, 64, 64],
    [15, 128, 128],
    [15, 16, 128],
  ]);
});

test('cells are where the paper has them', () => {
  expect(row('MTL').mosei).toMatchObject({ acc2Has0: 78.8, f1Has0: 80.5, acc2Non0: undefined });
  expect(row('SPECTRA')).toMatchObject({ mosi: { acc2Non0: 87.5 }, mosei: { acc2Non0: 87.34, f1Non0: undefined } });
  expect(row('MMoLRE')).toMatchObject({ mosi: { acc7: 47.52, mae: 0.666 }, mosei: { acc7: 55.78, corr: 0.797 } });
  expect(emotion.at(-1)!.perEmotion.disgust).toEqual({ accuracy: 86.4, weightedF1: 85.4 });
  expect(ranks[3]!.mosei).toMatchObject({ acc2Has0: 85.34, mae: 0.501, corr: 0.795 });
});

test('agrees with what the text says of the tables', () => {
  const [ours, mmml, unimse] = [row('MMoLRE').mosei, row('MMML').mosei, row('UniMSE').mosei];
  expect(ours.acc5! - mmml.acc5!).toBeCloseTo(1.17, 6);
  expect(ours.acc7! - mmml.acc7!).toBeCloseTo(1.4, 6);
  expect(mmml.mae! - ours.mae!).toBeCloseTo(0.021, 6);
  expect(['acc2Has0', 'f1Has0', 'acc7', 'corr'].every((m) => ours[m as 'corr']! > unimse[m as 'corr']!)).toBe(true);
  expect(ours.acc2Non0).toBeLessThan(unimse.acc2Non0!);
});

test("table II's averages are those of its rows to the printed digit, but for one", () => {
  const differing = emotion.flatMap(({ method, perEmotion, mean }) =>
    (['accuracy', 'weightedF1'] as const).flatMap((key) => {
      const values = Object.values(perEmotion).map((e) => e[key]);
      if (mean[key] === undefined) return values.every((value) => value === undefined) ? [] : [`${method} ${key}`];
      const average = values.reduce<number>((sum, value) => sum + value!, 0) / 6;
      return Math.abs(average - mean[key]) <= 0.0501
        ? []
        : [`${method} ${key}: ${mean[key]}, not ${average.toFixed(1)}`];
    }),
  );
  expect(differing).toEqual(['Baseline (only MER) weightedF1: 78.9, not 78.5']); // so the paper prints it
});

test('surprise and fear of the last row are those of never predicting them', () => {
  const { surprise, fear } = emotion.at(-1)!.perEmotion;
  for (const { accuracy, weightedF1 } of [surprise, fear]) {
    const a = accuracy! / 100;
    expect((a * 2 * a) / (1 + a)).toBeCloseTo(weightedF1! / 100, 2);
  }
});
