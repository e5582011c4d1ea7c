import { describeEachBackend } from '@mmolre/backend/test';
import { expect, test } from 'vitest';
import type { Emotion } from './emotion';
import type { Polarity } from './polarity';
import type { SentenceEncoder, SourceSample, TargetSample } from './types';
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
