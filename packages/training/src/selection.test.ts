import { evaluate } from '@mmolre/model';
import { expect, test } from 'vitest';
import { SELECTIONS, selectionScore } from './selection';

const examples = [
  { id: 'a', sentiment: 2, emotions: [1, 0, 0, 0, 0, 0] },
  { id: 'b', sentiment: -1, emotions: [0, 0, 1, 0, 0, 0] },
  { id: 'c', sentiment: 0, emotions: [0, 0, 0, 0, 0, 0] },
];
const predictions = [
  { id: 'a', sentiment: 1, emotions: [0.9, 0.1, 0.1, 0.1, 0.1, 0.1] },
  { id: 'b', sentiment: -1, emotions: [0.6, 0.1, 0.2, 0.1, 0.1, 0.1] },
  { id: 'c', sentiment: 1, emotions: [0.1, 0.1, 0.3, 0.1, 0.1, 0.1] },
];
const evaluation = evaluate(examples, predictions, new Array(6).fill(0.5));

/** The path of each number and each undefined value in a tree. */
const pathsOf = (tree: object): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    value && typeof value === 'object' ? pathsOf(value).map((path) => `${key}.${path}`) : [key],
  );

test('an epoch can be chosen by every metric of an evaluation', () => {
  const isNoMetric = /(^|\.)(count|leftOut|prevalence|threshold)$/;
  const metrics = pathsOf(evaluation).filter((path) => !isNoMetric.test(path));
  expect([...SELECTIONS].sort()).toEqual(['last', 'loss', ...metrics].sort());
});

test.each([
  ['last', -3],
  ['loss', 0.7],
  ['sentiment.mae', 2 / 3],
  ['sentiment.acc7', -1 / 3],
  ['sentiment.non0.acc2', -1],
  ['emotion.mean.accuracy', -2 / 3],
  ['emotion.perEmotion.happiness.f1', -2 / 3],
  ['emotion.categoryRecall.mean', -2 / 3],
  ['emotion.categoryRecall.perCategory.anger', -0],
] as const)('%s: lower is better', (selectBy, score) => {
  expect(selectionScore(selectBy, { epoch: 3, loss: 0.7 }, evaluation)).toBeCloseTo(score, 12);
});

test('what has no value is never better', () => {
  const none = { sentiment: undefined, emotion: undefined };
  for (const selectBy of SELECTIONS.filter((name) => name !== 'loss' && name !== 'last'))
    expect(selectionScore(selectBy, { epoch: 3, loss: 0.7 }, none), selectBy).toBe(Number.POSITIVE_INFINITY);
  expect(selectionScore('emotion.perEmotion.fear.f1', { epoch: 3, loss: 0.7 }, evaluation)).toBe(
    Number.POSITIVE_INFINITY,
  ); // no sample has it
  expect(selectionScore('loss', { epoch: 3, loss: 0.7 }, none)).toBe(0.7);
});
