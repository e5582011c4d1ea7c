import { sentimentMetrics } from '@mmolre/metrics';
import { expect, test } from 'vitest';
import { type SettingFacts, type StudyFacts, studyReport } from './study';
import { toHtml } from './to-html';
import { toTerminal } from './to-terminal';

const tested = (error: number) => ({
  sentiment: sentimentMetrics([2 - error, -1, -2], [2, -1, -2]),
  emotion: undefined,
});
const setting = (labels: string[], ...errors: (number | undefined)[]): SettingFacts => ({
  labels,
  trials: errors.map((error, i) => ({
    seed: i + 1,
    ...(error === undefined
      ? { state: 'pruned', best: 2, test: undefined }
      : { state: 'complete', best: error, test: tested(error) }),
  })),
});
const facts = (fields: string[], settings: SettingFacts[]): StudyFacts => ({
  ...{ name: 'ranks', fields, metric: 'loss', isPruned: false, settings, split: 'test', comparison: undefined },
});
const pictures = (of: StudyFacts) =>
  studyReport(of).flatMap((block) => ('plots' in block ? block.plots.map(({ title }) => title) : []));

test('mean and deviation over the seeds, and how many trials came to what', () => {
  const text = toTerminal(studyReport(facts(['k'], [setting(['3'], 0.5, 1), setting(['7'], 0.25, undefined)])));
  expect(text).toContain('4: 3 complete, 1 pruned');
  expect(text).toMatch(/3 +2 +0\.750 ± 0\.354 .*0\.250 ± 0\.118/);
  expect(text).toMatch(/7 +2 +1\.125 ± 1\.237 .*0\.083/);
});

test('one field of numbers has a map of all figures and a line each, one of names the map alone, a grid of two a map a figure, others dots', () => {
  const numbers = pictures(facts(['k'], [setting(['3'], 0.5, 1), setting(['7'], 0.25, 0.3)]));
  expect(numbers.slice(0, 2)).toEqual(['all figures by k', 'valid loss']);
  expect(numbers).toContain('MAE');
  expect(pictures(facts(['variant'], [setting(['a'], 0.5), setting(['b'], 0.25)]))).toEqual(['all figures by variant']);
  const some = [setting(['3', '16'], 0.5), setting(['3', '64'], 0.25), setting(['7', '16'], 0.1)];
  const both = facts(['k', 'rank'], [...some, setting(['7', '64'], 0.2)]);
  expect(pictures(both)).toEqual(numbers.slice(1));
  expect(pictures(facts(['k', 'rank'], some))).toEqual(['valid loss by k', 'valid loss by rank']);
  const named = [setting(['1', 'a', '3'], 1), setting(['2', 'b', '4'], 1)];
  expect(pictures(facts(['a', 'b', 'c'], named))).toEqual(['valid loss by a', 'valid loss by c']);
  expect(pictures(facts([], [setting([], 0.5, 1)]))).toEqual([]);
});

test('the best of each figure is dark, where lower is better too', () => {
  const page = toHtml('a', studyReport(facts(['k'], [setting(['3'], 0.5), setting(['7'], 0.25)])));
  const [, squares] = /<svg[^>]*aria-label="all figures by k"(.*?)<\/svg>/s.exec(page)!;
  const fills = [...squares!.matchAll(/<rect[^>]*fill="([^"]+)"/g)].map(([, fill]) => fill);
  expect(fills[0]).not.toBe(fills[1]); // valid loss: 0.5, then 0.25
  expect(fills[1]).toMatch(/^rgb\(8, 48, 107\)$/);
});
