import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { evaluationReport } from './evaluation';
import type { PartFacts, PartScores } from './parts';
import { summaryReport } from './summary';
import { toHtml } from './to-html';
import { toMarkdown } from './to-markdown';
import { toTerminal } from './to-terminal';

const part = (by: PartFacts['by'], name: string, more: Partial<PartFacts> = {}): PartFacts => ({
  ...{ by, name, samples: 1200, recordings: 120, few: false },
  sentiment: { count: 1200, corr: 0.5, mae: 0.8 },
  emotion: { count: 1200, recall: 0.25, categories: 4, accuracy: 0.7, weightedF1: 0.6 },
  intervals: { corr: { low: 0.41, high: 0.61 }, mae: undefined, recall: { low: 0.2, high: 0.3 } },
  ...more,
});
const nothing = {
  intervals: { corr: undefined, mae: undefined, recall: undefined },
  samples: 0,
  recordings: 0,
  few: true,
};
const parts = [
  part('all', 'all samples'),
  part('modalities', 'without audio', { change: { sentiment: 0, category: 0 } }),
  part('modalities', 'without text', { change: { sentiment: 0.25, category: 0.125 } }),
  part('sentiment', 'disagree', {
    ...nothing,
    sentiment: { count: 0, corr: undefined, mae: undefined },
    emotion: { count: 0, recall: undefined, categories: 0, accuracy: undefined, weightedF1: undefined },
  }),
  part('sentiment', 'agree'),
];
const NO_SIMPLE = 'no rows of simple models: it is a model alone, or a run from before they were fitted with it';
const scores = { sentiment: undefined, emotion: undefined };
const report = (of: PartFacts[]) =>
  evaluationReport({
    ...{ data: 'data/x', corpus: undefined, split: 'test', count: 3, made: undefined, warning: undefined },
    ...{ model: scores, baselines: scores, parts: of },
    ...{ reads: 'both', simple: undefined },
  });

test('a part is a row of samples, figures with half of their intervals, and what they rest on', () => {
  const lines = toTerminal(report(parts)).split('\n');
  const cells = (start: string) => lines.find((line) => line.startsWith(start))!.split(/ {2,}/);
  expect(cells('part')).toEqual([
    ...['part', 'samples', 'recordings', 'correlation', 'mean abs. error', 'recall', 'categories'],
    'accuracy / weighted F1',
  ]);
  const row = ['1,200', '120', '0.500 ± 0.10', '0.800', '0.250 ± 0.05', '4', '0.700 / 0.600'];
  expect(cells('all samples')).toEqual(['all samples', ...row]);
  expect(cells('text and voice agree')).toEqual(['text and voice agree on sentiment', ...row]);
  expect(cells('text and voice disagree on')).toEqual([
    ...['text and voice disagree on sentiment', '0 (few)', '0'],
    ...['undefined', 'undefined', 'undefined', '0', 'undefined / undefined'],
  ]);
  const text = lines.join('\n');
  expect(text).toContain('few: too few recordings');
  expect(text).toContain('undefined: none of the part has such a label');
  expect(text).toContain('alone differs in the sign of the sentiment (0 is a sign of its own)\n');
  expect(text).not.toMatch(/NaN|the category of/);
});

test('a modality that is not used is named, and else how much it does', () => {
  const text = toTerminal(report(parts));
  expect(text).toContain('\nwithout audio nothing changes: the model does not use it\n');
  expect(text).toContain(
    '\nwithout text the sentiment moves by 0.250 in the mean, and 12.5 % of the categories are others\n',
  );
});

test('the same table stands in Markdown and in a page, where names of speakers are no markup', () => {
  const blocks = report([...parts, part('speaker', '<b>|x\n\u001b[2J'), part('speaker', 'y')]);
  expect(toMarkdown(blocks)).toMatch(/\n\| speaker <b>\\\|x\ufffd\ufffd\[2J +\| +1,200 \| +120 \| 0\.500 ± 0\.10 \|/);
  const { document } = parseHTML(toHtml('t', blocks));
  expect(document.querySelectorAll('tbody tr')).toHaveLength(7);
  expect(document.querySelectorAll('b')).toHaveLength(0);
  expect(toTerminal(blocks)).toContain('\nspeaker <b>|x\ufffd\ufffd[2J  ');
});

test('a model of one task, and samples with a recording each, have fewer columns', () => {
  const one = parts.map((facts) => ({
    ...{ ...facts, emotion: undefined, recordings: facts.samples },
    ...(facts.change && { change: { sentiment: 0.5, category: undefined } }),
  }));
  const text = toTerminal(report(one));
  expect(text).toMatch(/\npart +samples +correlation +mean abs\. error\n/);
  expect(text).not.toMatch(/recall|categories are/);
  const other = parts.map((facts) => ({ ...facts, sentiment: undefined }));
  expect(toTerminal(report(other))).toMatch(/\npart +samples +recordings +recall +categories +accuracy/);
});

test('of many speakers those with most samples are printed, and how many there are else', () => {
  const speakers = Array.from({ length: 30 }, (_, i) => part('speaker', `s${i}`, { samples: 100 + i }));
  const text = toTerminal(report([part('all', 'all samples'), ...speakers]));
  expect(text.match(/^speaker s\d+/gm)).toEqual(Array.from({ length: 12 }, (_, i) => `speaker s${18 + i}`));
  expect(text).toContain('18 more speakers, of fewer samples, stand in metrics.json');
});

test('where the whole is the only part there is no table of parts', () => {
  expect(toTerminal(report([part('all', 'all samples')]))).toBe(
    `3 samples of the test split of data/x\n${NO_SIMPLE}\n`,
  );
});

const seeds = (...of: (PartScores[] | undefined)[]) =>
  toTerminal(
    summaryReport(
      of.map((found, i) => ({
        seed: i + 1,
        test: { ...scores, ...(found && { parts: found }) },
        reads: 'both' as const,
        simple: undefined,
      })),
      'test',
      undefined,
    ),
  );

test('a summary has three rows of them: where text and voice disagree, without audio, without text', () => {
  const disagree = part('emotion', 'disagree', { samples: 300 });
  const rows = seeds([...parts, disagree])
    .split('\n')
    .filter((line) => line !== NO_SIMPLE)
    .slice(-5, -1);
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    expect.arrayContaining([expect.stringMatching(/^---/)]),
    ['text and voice disagree', '0', 'undefined', 'undefined', '300', '0.250'],
    ['without audio', '1200', '0.500', '0.800', '1200', '0.250'],
    ['without text', '1200', '0.500', '0.800', '1200', '0.250'],
  ]);
});

test('of several seeds each is a mean with its deviation; of runs of before there were parts nothing is said', () => {
  const other = parts.map((facts) => ({ ...facts, sentiment: { count: 1200, corr: 0.7, mae: 0.8 } }));
  expect(seeds(parts, other)).toMatch(/\nwithout audio +1200 ± 0 +0\.600 ± 0\.141 +0\.800 ± 0\.000 +1200 ± 0 +0\.250/);
  expect(seeds(undefined, parts)).toMatch(/\nwithout audio +1200 +0\.500 +0\.800/);
  expect(seeds(undefined, undefined)).not.toContain('without');
  const one = parts.map((facts) => ({ ...facts, sentiment: undefined }));
  expect(seeds(one)).toMatch(/\npart +samples +recall\n/);
});
