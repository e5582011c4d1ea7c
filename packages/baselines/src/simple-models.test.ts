import { existsSync } from 'node:fs';
import { useBackend } from '@mmolre/backend';
import { findPlace, miniLmFolder } from '@mmolre/encoders/node';
import { category, NONE } from '@mmolre/metrics';
import { type Example, evaluate } from '@mmolre/model';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fitSimpleModels, type SimpleScores, scoreSimpleModels } from './index';

beforeAll(() => useBackend({ log: () => {} }));

const NAMES = ['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear'];
const HALF = new Array(6).fill(0.5);
const tone = (hz: number, length = 8000) => Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((i * hz) / 2546));
const emotions = (...present: string[]) => NAMES.map((name) => (present.includes(name) ? 1 : 0));

/** High voices are angry, low ones sad, those between neither; good words are good. */
const example = (i: number): Example => ({
  id: `${i}`,
  text: `a ${i % 2 ? 'good' : 'bad'} film of ${i % 5 ? 'some' : 'great'} length`,
  audio: tone([100, 250, 400][i % 3]! + (i % 7)),
  sentiment: i % 2 ? 2 : -1,
  emotions: [emotions('sadness'), emotions(), emotions('anger')][i % 3]!,
});
const train = Array.from({ length: 24 }, (_, i) => example(i));
const others = Array.from({ length: 12 }, (_, i) => example(100 + i));

const noNetwork = async () => {
  throw new Error('no network');
};
/** What is fitted on some examples and scored on others without MiniLM, and the lines that were told. */
async function scored(
  fitOn: readonly Example[],
  scoreOn: readonly Example[],
  tasks = ['sentiment', 'emotion'] as const,
) {
  const lines: string[] = [];
  const options = { find: noNetwork, log: (line: string) => lines.push(line) };
  const models = await fitSimpleModels(fitOn, { ...options, tasks, maxSeconds: 2 });
  const rows = await scoreSimpleModels(models, scoreOn, options);
  return { models, rows, lines };
}
const byName = (rows: readonly SimpleScores[]) => Object.fromEntries(rows.map((row) => [row.name, row]));
const NOTHING = 'always the median, never any emotion';

test('each model learns what its modality tells, both side by side all of it; without MiniLM, which is said', async () => {
  const { rows, lines } = await scored(train, others);
  expect(rows.map(({ name, reads }) => [name, reads])).toEqual([
    ['linear on TF-IDF', 'text'],
    ['linear on functionals', 'audio'],
    ['linear on TF-IDF + functionals', 'both'],
    [NOTHING, 'nothing'],
  ]);
  expect(lines[0]).toBe('simple models: without MiniLM: no network');
  const [text, audio, both, nothing] = rows.map(({ predictions }) => evaluate(others, predictions, HALF));
  expect(text!.sentiment!.corr).toBeGreaterThan(0.99);
  expect(audio!.emotion!.categoryRecall.mean).toBe(1);
  expect(text!.emotion!.categoryRecall.mean).toBeLessThan(0.7);
  expect([both!.sentiment!.corr! > 0.9, both!.emotion!.categoryRecall.mean]).toEqual([true, 1]);
  expect([nothing!.sentiment!.mae, nothing!.emotion!.categoryRecall.mean]).toEqual([1.5, 1 / 3]);
});

test('the category is the likeliest class, none included: one emotion at most is predicted where samples have one at most', async () => {
  const { rows } = await scored(train, others);
  for (const { predictions } of rows)
    for (const { emotions } of predictions) {
      const present = NAMES.filter((_, c) => emotions![c]! > 0.5);
      expect(present.length).toBeLessThanOrEqual(1);
      expect(category(emotions!, HALF, NAMES)).toBe(present[0] ?? NONE);
    }
  const surprise = rows.flatMap(({ predictions }) => predictions.map(({ emotions }) => emotions![3]!));
  expect(Math.max(...surprise)).toBeLessThan(1e-6); // never in training
});

test('samples with several emotions get several; one that all have is always predicted', async () => {
  const several = train.map((one, i) => ({
    ...one,
    emotions: emotions('fear', ...(i % 2 ? ['happiness'] : []), ...(i % 3 ? ['anger'] : [])),
  }));
  const { rows } = await scored(several, several);
  const { predictions } = byName(rows)['linear on TF-IDF + functionals']!;
  predictions.forEach(({ emotions: found }, i) => {
    expect(found!.map((p) => (p > 0.5 ? 1 : 0))).toEqual(several[i]!.emotions);
  });
});

test('the order of the samples changes nothing but rounding', async () => {
  const { rows } = await scored(train, others);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(train, { minLength: train.length }), async (shuffled) => {
      const { rows: again } = await scored(shuffled, others);
      again.forEach(({ predictions }, row) => {
        predictions.forEach(({ sentiment, emotions }, i) => {
          const before = rows[row]!.predictions[i]!;
          expect(sentiment).toBeCloseTo(before.sentiment!, 4);
          emotions!.forEach((p, c) => {
            expect(p).toBeCloseTo(before.emotions![c]!, 4);
          });
        });
      });
    }),
    { numRuns: 5 },
  );
});

test('whatever examples lack, every score is a finite number, of every example that is scored', async () => {
  const clip = fc.constantFrom(undefined, new Float32Array(), new Float32Array(300), new Float32Array(9000), tone(200));
  const any = fc.record({
    id: fc.constant('x'),
    text: fc.constantFrom(undefined, '', ' ', 'I', '🙂', 'a good film', 'a bad film', 'good good good'),
    audio: clip,
    sentiment: fc.constantFrom(undefined, -3, 0.5, 3),
    emotions: fc.constantFrom(undefined, emotions(), emotions('anger'), emotions('fear', 'anger')),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 8 }), fc.array(any, { maxLength: 4 }), async (some, more) => {
      const { rows } = await scored(some, more);
      for (const { predictions } of rows) {
        expect(predictions).toHaveLength(more.length);
        for (const { sentiment = 0, emotions = [] } of predictions) {
          expect(Number.isFinite(sentiment)).toBe(true);
          for (const p of emotions) expect(p >= 0 && p <= 1).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
});

describe('what cannot be fitted is said and left out', () => {
  test.each<[what: string, change: (one: Example) => Partial<Example>, names: string[], line: string]>([
    [
      'no texts',
      () => ({ text: '' }),
      ['linear on functionals'],
      'linear on TF-IDF is left out: no training sample has',
    ],
    [
      'no audio',
      () => ({ audio: undefined }),
      ['linear on TF-IDF'],
      'linear on functionals is left out: no training sample',
    ],
    ['neither', () => ({ text: undefined, audio: undefined }), [], 'linear on functionals is left out'],
    [
      'no labels',
      () => ({ sentiment: undefined, emotions: undefined }),
      [],
      'linear on TF-IDF learns no emotion: no two training samples that it reads differ in them',
    ],
  ])('%s', async (_, change, names, line) => {
    const { rows, lines } = await scored(
      train.map((one) => ({ ...one, ...change(one) })),
      others,
    );
    expect(rows.map(({ name }) => name)).toEqual([...names, NOTHING]);
    expect(lines.join('\n')).toContain(`simple models: ${line}`);
  });

  test('one emotion for all, but the sentiment is', async () => {
    const { rows } = await scored(
      train.map((one) => ({ ...one, emotions: emotions() })),
      others,
    );
    for (const { name, predictions } of rows)
      expect(
        predictions.every(({ sentiment, emotions }) => sentiment !== undefined && (!emotions || name === NOTHING)),
      ).toBe(true);
  });
});

test('of one task, that task alone', async () => {
  const lines: string[] = [];
  const options = { find: noNetwork, log: (line: string) => lines.push(line) };
  const models = await fitSimpleModels(train, { ...options, tasks: ['emotion'], maxSeconds: 2 });
  const rows = await scoreSimpleModels(models, others, options);
  expect(rows.at(-1)!.name).toBe('never any emotion');
  for (const { predictions } of rows) expect(Object.keys(predictions[0]!)).toEqual(['id', 'emotions']);
});

test('recordings that are not there yet are loaded a few at a time, and the same', async () => {
  const options = { find: noNetwork, log: () => {} };
  const long = Array.from({ length: 100 }, (_, i) => example(i));
  const bare = long.map(({ audio: _, ...one }) => one);
  const sizes: number[] = [];
  const load = async (chunk: readonly Example[]) => {
    sizes.push(chunk.length);
    return chunk.map((one) => long[bare.indexOf(one as (typeof bare)[number])]!);
  };
  const fit = { ...options, tasks: ['emotion'] as const, maxSeconds: 2 };
  expect(await fitSimpleModels(bare, { ...fit, load })).toEqual(await fitSimpleModels(long, fit));
  expect(sizes).toEqual([64, 36]);
});

test('a recording is cut where the model was fitted to cut it', async () => {
  const longer = train.map((one) => ({ ...one, audio: Float32Array.from([...one.audio!, ...tone(3000, 20_000)]) }));
  const options = { find: noNetwork, log: () => {} };
  const fit = { ...options, tasks: ['emotion'] as const, maxSeconds: 0.5 };
  expect(await fitSimpleModels(longer, fit)).toEqual(await fitSimpleModels(train, fit));
});

test.skipIf(!existsSync(miniLmFolder()))('with MiniLM: words of one meaning are near each other', async () => {
  const options = { find: findPlace, log: () => {} };
  const texts = (good: readonly string[], bad: readonly string[]): Example[] =>
    [...good, ...bad].map((text, i) => ({ id: `${i}`, text, sentiment: i < good.length ? 2 : -2 }));
  const models = await fitSimpleModels(
    texts(['what a delight', 'wonderful acting', 'I loved it'], ['what a bore', 'terrible acting', 'I hated it']),
    { ...options, tasks: ['sentiment'], maxSeconds: 2 },
  );
  const unseen = texts(['a marvellous joy', 'superb'], ['dreadful and dull', 'awful']);
  const row = byName(await scoreSimpleModels(models, unseen, options))['linear on MiniLM']!;
  expect(row.reads).toBe('text');
  row.predictions.forEach(({ sentiment }, i) => {
    expect(Math.sign(sentiment!)).toBe(Math.sign(unseen[i]!.sentiment!));
  });
});
