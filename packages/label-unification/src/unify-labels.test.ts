import { describeEachBackend } from '@mmolre/backend/test';
import type { Emotion, Polarity } from '@mmolre/datasets';
import { expect, test } from 'vitest';
import { createExactIndex } from './search/exact-search';
import { agreementLine, type IndexAgreement } from './search/index-agreement';
import { poolName } from './search/pools';
import type { SentenceEncoder, SourceSample, TargetSample, VectorIndex } from './types';
import { unifyLabels } from './unify-labels';

/** A text is an angle in degrees. */
const encoder: SentenceEncoder = {
  dimension: 2,
  encode: async (texts) =>
    texts.map(
      (text) => new Float32Array([Math.cos((Number(text) / 180) * Math.PI), Math.sin((Number(text) / 180) * Math.PI)]),
    ),
};

const source = (id: string, text: string, polarity: Polarity, ...emotions: Emotion[]): SourceSample => ({
  id: `${id[0]}:${id}`,
  source: id[0]!,
  split: 'train',
  text,
  polarity,
  emotions,
});
const target = (id: string, text: string, polarity: Polarity): TargetSample => ({ id, split: 'train', text, polarity });
const ids = (labels: Awaited<ReturnType<typeof unifyLabels>>) =>
  labels.map(({ target, match, emotions }) => [target.id, match?.source.id, emotions?.join()]);

const sources = [
  source('a1', '0', 'negative', 'anger'),
  source('a2', '10', 'positive', 'happiness'),
  source('a3', '50', 'neutral'),
  source('b1', '20', 'negative', 'fear', 'sadness'),
  source('b2', '24', 'negative', 'disgust'),
  source('b3', '25', 'negative', 'fear', 'sadness'),
];

describeEachBackend('unification', () => {
  test('stays within the polarity, however near the others are', async () => {
    const labels = await unifyLabels(
      [target('x', '9', 'negative'), target('y', '23', 'positive'), target('z', '0', 'neutral')],
      sources,
      { encoder },
    );
    expect(ids(labels)).toEqual([
      ['x', 'a:a1', 'anger'],
      ['y', 'a:a2', 'happiness'],
      ['z', 'a:a3', ''],
    ]);
    expect(labels[0]!.match!.similarity).toBeCloseTo(Math.cos((9 / 180) * Math.PI), 6);
    expect(labels[0]!.match!.secondSimilarity).toBeCloseTo(Math.cos((11 / 180) * Math.PI), 6);
    expect(labels[1]!.match!.secondSimilarity).toBeUndefined();
  });

  test("by UniMSE's rule: the nearest of each source set, and no search for neutral targets", async () => {
    const targets = [target('z', '0', 'neutral'), target('x', '22.5', 'negative')];
    expect(ids(await unifyLabels(targets, sources, { encoder, rule: 'unimse' }))).toEqual([
      ['z', undefined, ''],
      ['x', 'a:a1', 'anger'],
      ['x', 'b:b2', 'disgust'],
    ]);
  });

  test('by a vote of the nearest: the most frequent set, told by its nearest sample', async () => {
    const targets = [target('x', '23.5', 'negative')];
    expect(ids(await unifyLabels(targets, sources, { encoder, top: 1 }))).toEqual([['x', 'b:b2', 'disgust']]);
    expect(ids(await unifyLabels(targets, sources, { encoder, top: 3 }))).toEqual([['x', 'b:b3', 'fear,sadness']]);
    expect(ids(await unifyLabels(targets, sources, { encoder, top: 2 }))).toEqual([['x', 'b:b2', 'disgust']]);
  });

  test('leaves targets below the threshold without a label, and says what was nearest', async () => {
    const [label] = await unifyLabels([target('x', '90', 'negative')], sources, { encoder, threshold: 0.9 });
    expect([label!.emotions, label!.match!.source.id]).toEqual([undefined, 'b:b3']);
    const close = await unifyLabels([target('x', '4', 'negative')], sources, { encoder, threshold: 0.99, top: 3 });
    expect(ids(close)).toEqual([['x', 'a:a1', 'anger']]);
  });

  test('gives a tie to the smaller id', async () => {
    const twins = [source('b9', '5', 'negative', 'fear'), source('a7', '5', 'negative', 'anger')];
    expect(ids(await unifyLabels([target('x', '5', 'negative')], twins, { encoder }))).toEqual([
      ['x', 'a:a7', 'anger'],
    ]);
  });

  test('adds the sources of a pool to its own index, in blocks, and gives the same labels', async () => {
    const targets = [target('x', '23', 'negative'), target('y', '23', 'positive'), target('z', '0', 'neutral')];
    for (const rule of ['mmolre', 'unimse'] as const) {
      const pools: string[] = [];
      const progress: string[] = [];
      const labels = await unifyLabels(targets, sources, {
        encoder: {
          dimension: 2,
          encode: async (texts, onProgress) => {
            onProgress?.(texts.length - 1, texts.length);
            onProgress?.(texts.length, texts.length);
            return encoder.encode(texts);
          },
        },
        rule,
        top: 2,
        blockSize: 2,
        onProgress: (what, done, total) => progress.push(`${what} ${done}/${total}`),
        createIndex: ({ name }) => {
          pools.push(name);
          return createExactIndex();
        },
      });
      expect(labels).toEqual(await unifyLabels(targets, sources, { encoder, rule, top: 2 }));
      const [all, bySet] = [
        ['negative', 'neutral', 'positive'],
        ['negative-a', 'positive-a', 'negative-b'],
      ];
      expect(pools).toEqual(rule === 'mmolre' ? all : bySet);
      const last = rule === 'mmolre' ? 'sources 6/6' : 'sources 5/5';
      expect([progress.at(-1), progress.includes('sources 3/6')]).toEqual([last, rule === 'mmolre']);
    }
  });

  test('tells how many labels of an index are those of exact search', async () => {
    const targets = ['1', '21', '23', '24'].map((text, i) => target(`x${i}`, text, 'negative'));
    const heard: IndexAgreement[] = [];
    const onAgreement = (agreement: IndexAgreement) => heard.push(agreement);
    await unifyLabels(targets, sources, { encoder, onAgreement });
    // Knows b3 only, which the exact search finds for none; b1, the nearest of 21, has its emotions.
    const createIndex = (): VectorIndex => ({
      add: async () => {},
      search: async (queries) => queries.map(() => [{ id: 'b:b3', similarity: 0.5 }]),
    });
    await unifyLabels([...targets, target('y', '0', 'neutral')], sources, {
      encoder,
      rule: 'unimse',
      createIndex,
      onAgreement,
    });
    expect(heard).toEqual([
      { compared: 4, of: 4, equalLabels: 4, equalSources: 4 },
      // From the set a all four are a1, from b they are b1, b1, b2 and b2.
      { compared: 8, of: 8, equalLabels: 2, equalSources: 0 },
    ]);
  });

  test('compares some of many targets, from the first to the last', async () => {
    const targets = Array.from({ length: 5_001 }, (_, n) => target(`x${n}`, '1', n % 2 ? 'negative' : 'positive'));
    const heard: IndexAgreement[] = [];
    await unifyLabels(targets, sources, { encoder, onAgreement: (agreement) => heard.push(agreement) });
    expect(heard).toEqual([{ compared: 1_667, of: 5_001, equalLabels: 1_667, equalSources: 1_667 }]);
    expect(agreementLine(heard[0]!)).toBe(
      'all 1667 labels and all 1667 sources are those of exact search (compared: 1667 of 5001, evenly spread)',
    );
    expect(agreementLine({ compared: 8, of: 8, equalLabels: 8, equalSources: 7 })).toBe(
      'all 8 labels and 7 of 8 sources are those of exact search',
    );
  });

  test('refuses what an index holds besides', async () => {
    const index = createExactIndex();
    await index.add(['c:old'], [new Float32Array([1, 0])]);
    await expect(
      unifyLabels([target('x', '0', 'negative')], sources, { encoder, createIndex: () => index }),
    ).rejects.toThrow('the index holds "c:old", which is not among the sources');
  });

  test('refuses what it cannot do', async () => {
    const x = target('x', '0', 'positive');
    await expect(unifyLabels([x, x], sources, { encoder })).rejects.toThrow(
      'each id of the targets once, found "x" twice',
    );
    await expect(unifyLabels([x], sources.slice(3), { encoder })).rejects.toThrow(
      'there are positive targets, but no positive source',
    );
    await expect(unifyLabels([x], sources, { encoder, top: 0.5 })).rejects.toThrow('top: expected a whole number');
    await expect(unifyLabels([x], sources, { encoder, threshold: 2 })).rejects.toThrow('threshold: expected a cosine');
    expect(await unifyLabels([], sources, { encoder })).toEqual([]);
  });
});

test('pools have names that a file system takes, each its own', () => {
  expect(poolName('neutral', undefined)).toBe('neutral');
  expect(poolName('negative', 'go_emotions-2')).toBe('negative-go_emotions-2');
  const names = ['a/b', 'a b', 'a.20.b', 'é😀', '../x', ''].map((source) => poolName('positive', source));
  expect(new Set(names).size).toBe(6);
  expect(names[3]).toBe('positive-.e9..1f600.');
  for (const name of names) expect(name).toMatch(/^positive-[\w.-]*$/);
});
