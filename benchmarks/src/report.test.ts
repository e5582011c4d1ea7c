import { expect, test } from 'vitest';
import type { Measure } from './benchmark';
import { jsonLine, markdownTable, terminalTable } from './report';

const measures: Measure[] = [
  { name: 'a / b', metric: 'time', ours: 12.3456, theirs: 20, ratio: 0.61728, spread: 0.0123456 },
  { name: 'a / b', metric: 'memory', ours: 512.4, theirs: 1024, ratio: 0.500390625, spread: 0 },
];

test('a measure is one JSON line with these keys', () => {
  expect(JSON.parse(jsonLine(measures[0]!))).toEqual({
    name: 'a / b',
    metric: 'time',
    ours: 12.3456,
    theirs: 20,
    ratio: 0.6173,
    spread: 0.0123,
  });
  expect(jsonLine(measures[0]!)).not.toContain('\n');
});

test('the terminal names a case once, above both of its figures', () => {
  const table = terminalTable(measures);
  expect(table.match(/a \/ b/g)).toHaveLength(1);
  expect(table).toMatch(/time .* 12\.3 ms .* 20\.0 ms .* 0\.62 .* 0\.01/);
  expect(terminalTable([{ ...measures[0]!, theirs: 15_712.3 }])).toMatch(/ 12\.3 ms .* 15712 ms /);
  expect(table).toMatch(/memory .* 512 MiB .* 1024 MiB .* 0\.50 .* 0\.00/);
});

test('markdown has a row a figure', () => {
  const kept = measures.map((measure) => ({ ...measure, rounds: 15 }));
  expect(markdownTable(kept).trim().replace(/ +/g, ' ').split('\n').slice(2)).toEqual([
    '| a / b | time | 12.3 ms | 20.0 ms | 0.62 | 0.01 | 15 |',
    '| a / b | memory | 512 MiB | 1024 MiB | 0.50 | 0.00 | 15 |',
  ]);
});

test('kept ratios have a column, and what got worse is said', () => {
  const [time, memory] = measures as [Measure, Measure];
  const table = terminalTable([
    { ...time, kept: 0.58, isWorse: true },
    { ...memory, kept: 0.49, isWorse: false },
  ]);
  expect(table).toMatch(/spread .* kept/);
  expect(table).toMatch(/0\.62 .* 0\.01 .* 0\.58: slower/);
  expect(table).toMatch(/0\.50 .* 0\.00 .* 0\.49/);
  expect(terminalTable([{ ...memory, kept: 0.4, isWorse: true }])).toContain('0.40: more');
  expect(terminalTable(measures)).not.toContain('kept');
  expect(JSON.parse(jsonLine({ ...time, kept: 0.58, isWorse: true }))).toMatchObject({ kept: 0.58, isWorse: true });
});
