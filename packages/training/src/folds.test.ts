import { type Dataset, readDataset, type Sample, SPLITS } from '@mmolre/datasets';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inFold, lackedEmotions, readForRun, speakerFolds } from './folds';
import { compact } from './presets';

const reviewSpeech = new URL('../../../data/review-speech', import.meta.url).pathname;

/** Samples of speakers, so many each, in whatever split. */
function datasetOf(counts: Record<string, number>): Dataset {
  const samples = Object.entries(counts).flatMap(([speaker, count]) =>
    Array.from({ length: count }, (_, i): Sample => {
      const id = `${speaker}/${i}`;
      return { id, videoId: speaker, clipId: `${i}`, split: SPLITS[i % 3]!, text: 'so', speaker };
    }),
  );
  const of = (split: string) => samples.filter((sample) => sample.split === split);
  const loss = { lost: 0, of: samples.length };
  const splits = { train: of('train'), valid: of('valid'), test: of('test') };
  return { folder: 'd', corpus: undefined, warnings: [], loss, ...splits };
}

const all = (dataset: Dataset) => SPLITS.flatMap((split) => dataset[split]);
const speakersOf = (samples: readonly Sample[]) => [...new Set(samples.map(({ speaker }) => speaker!))].sort();

test('each sample is tested once, and no speaker is in two splits of a fold', () => {
  const counts = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 9 }), {
    minKeys: 3,
    maxKeys: 12,
  });
  fc.assert(
    fc.property(counts, fc.nat(), (drawn, draw) => {
      const dataset = datasetOf(drawn);
      const speakers = Object.keys(drawn).length;
      const groups = draw % 2 === 0 ? undefined : 3 + (draw % (speakers - 2));
      const folds = speakerFolds(dataset, { groups });
      expect(folds).toHaveLength(groups ?? speakers);
      const tested = folds.flatMap((fold) => inFold(dataset, fold).test.map(({ id }) => id));
      expect(tested.sort()).toEqual(
        all(dataset)
          .map(({ id }) => id)
          .sort(),
      );
      for (const fold of folds) {
        const { train, valid, test: tests } = inFold(dataset, fold);
        const parts = [train, valid, tests].map(speakersOf);
        expect(parts.every(({ length }) => length > 0)).toBe(true);
        expect(parts.flat().sort()).toEqual(Object.keys(drawn).sort()); // each once
        expect(train.length + valid.length + tests.length).toBe(all(dataset).length);
      }
      expect(speakerFolds(dataset, { groups })).toEqual(folds);
    }),
  );
});

test("review-speech's nine speakers: one a fold, or three groups of about as many rows", async () => {
  const dataset = await readDataset(reviewSpeech);
  const each = speakerFolds(dataset, {});
  expect(each.map(({ test: tests, valid }) => [...tests, ...valid])).toEqual([
    ['03', '08'],
    ['08', '09'],
    ['09', '10'],
    ['10', '11'],
    ['11', '12'],
    ['12', '13'],
    ['13', '14'],
    ['14', '15'],
    ['15', '03'],
  ]);
  const sizes = speakerFolds(dataset, { groups: 3 }).map((fold) => {
    const { train, valid, test: tests } = inFold(dataset, fold);
    expect([train, valid, tests].every((rows) => rows.every(({ split }) => SPLITS.includes(split)))).toBe(true);
    return [train.length, valid.length, tests.length];
  });
  expect(sizes.map((counts) => counts.reduce((sum, count) => sum + count))).toEqual([6_032, 6_032, 6_032]);
  for (const [, valid, tests] of sizes) {
    expect(Math.abs(tests! - 6_032 / 3)).toBeLessThan(150);
    expect(valid!).toBeGreaterThan(400);
  }
});

describe('is refused in one line', () => {
  test('of two speakers, or fewer than the groups', () => {
    expect(() => speakerFolds(datasetOf({ a: 3, b: 3 }), {})).toThrow(
      'd: expected at least 3 speakers, to test, validate and train in as many folds, found 2',
    );
    expect(() => speakerFolds(datasetOf({ a: 3, b: 3, c: 3 }), { groups: 4 })).toThrow(/at least 4 speakers.*found 3/);
  });

  test('where a sample has no speaker, which is named', () => {
    const dataset = datasetOf({ a: 3, b: 3, c: 3 });
    const { speaker: _, ...mute } = dataset.valid[0]!;
    dataset.valid[0] = { ...mute, origin: { file: 'label.csv', line: 7 } };
    expect(() => speakerFolds(dataset, {})).toThrow(/^d: sample "a\/1" \(label\.csv, line 7\) has no speaker, /);
  });

  test('where the data has not the speakers of the fold', () => {
    expect(() => inFold(datasetOf({ a: 1 }), { test: ['a'], valid: ['z'] })).toThrow(/speaker "z" of the run's fold/);
  });
});

test('emotions that are tested and not trained on are told', () => {
  const dataset = datasetOf({ a: 3, b: 3 });
  dataset.test[0]!.emotions = [1, 0, 0, 0, 1, 0];
  dataset.train[0]!.emotions = [1, 1, 0, 0, 0, 0];
  expect(lackedEmotions(dataset)).toEqual(['disgust']);
});

test('a run is evaluated on its fold of its own data, wherever that lies', async () => {
  const config = { ...compact(), data: 'elsewhere', fold: { test: ['08'], valid: ['09'] } };
  const dataset = await readForRun(reviewSpeech, config, {});
  expect([speakersOf(dataset.test), speakersOf(dataset.valid)]).toEqual([['08'], ['09']]);
  const stranger = { ...config, fold: { test: ['nobody'], valid: ['09'] } };
  expect((await readForRun(reviewSpeech, stranger, {})).test).toHaveLength(1_207);
  await expect(readForRun(reviewSpeech, { ...stranger, data: reviewSpeech }, {})).rejects.toThrow(/nobody/);
});
