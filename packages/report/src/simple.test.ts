import { emotionMetrics, sentimentMetrics } from '@mmolre/metrics';
import { expect, test } from 'vitest';
import type { Scores } from './scores';
import type { SimpleRow } from './simple';
import { summaryReport } from './summary';
import { toHtml } from './to-html';
import { toMarkdown } from './to-markdown';
import { variantsReport } from './variants';

const sentiment = (...predictions: number[]) => sentimentMetrics(predictions, [1, 2, -2]);
const emotion = emotionMetrics([[0.9], [0.1], [0.1]], [[1], [0], [0]], [0.5], ['anger']);
const both = (...predictions: number[]): Scores => ({ sentiment: sentiment(...predictions), emotion });
const simple: SimpleRow[] = [
  { name: 'linear on <text>', reads: 'text', scores: both(0, 1, -2) },
  { name: 'always the median', reads: 'nothing', scores: { sentiment: sentiment(1, 1, 1), emotion: undefined } },
];
const result = (seed: number, test: Scores) => ({ seed, test, reads: 'both' as const, simple });

test('below the seeds stands their mean, and below that each simple model', () => {
  const text = toMarkdown(summaryReport([result(1, both(1, 2, -2)), result(2, both(1, 2, -5))], 'test', undefined));
  const [, table] = text.trimEnd().split('\n\n');
  expect(
    table!.split('\n').map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, 5),
    ),
  ).toEqual([
    ['beside simple models', 'reads', 'correlation', 'absolute error'],
    [expect.any(String), expect.any(String), expect.any(String), expect.any(String)],
    ['this model, mean of 2 seeds', 'both', expect.stringMatching(/^0\.9/), '0.500'],
    ['linear on <text>', 'text', expect.stringMatching(/^0\.9/), '0.667'],
    ['always the median', 'nothing', 'undefined', '1.333'],
  ]);
});

test('of one seed it is this model; of one task, that task alone', () => {
  const one = { sentiment: sentiment(1, 2, -2), emotion: undefined };
  const rows = simple.map((row) => ({ ...row, scores: { ...row.scores, emotion: undefined } }));
  const text = toMarkdown(summaryReport([{ ...result(1, one), simple: rows }], 'test', undefined));
  expect(text).toMatch(/\| this model +\| +both \|/);
  expect(text).not.toContain('recall');
});

test('a page has the rows too, and the table of variants has them below its own', () => {
  const facts = { rows: [], title: '', split: 'test', data: '', hardware: '' };
  const page = toHtml('Variants', variantsReport({ ...facts, simple }));
  expect(page).toContain('<td>linear on &lt;text&gt;</td>');
  expect(page.indexOf('always the median')).toBeGreaterThan(page.indexOf('s a step'));
  expect(toHtml('Variants', variantsReport({ ...facts, simple: undefined }))).toContain('no rows of simple models');
});
