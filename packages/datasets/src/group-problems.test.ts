import { expect, test } from 'vitest';
import { groupLine, groupProblems } from './group-problems';
import { problem } from './problem';

const row = (line: number, found: string) =>
  problem(
    'label-range',
    'label.csv',
    line,
    `d/label.csv, line ${line}, column label: expected a number, found "${found}"`,
  );

test('more than three of one cause are one line, with the count and the first three places', () => {
  const problems = [2, 5, 7, 9, 11].map((line) => row(line, `${line}`));
  const other = problem('duplicate-id', 'label.csv', 6, 'd/label.csv, line 6: "a" stands already in line 3');
  const groups = groupProblems([problems[0]!, other, ...problems.slice(1)]);
  expect(groups.map(groupLine)).toEqual([
    'd/label.csv, line 2, column label: expected a number, found "2" (5 times: also line 5, line 7, …)',
    'd/label.csv, line 6: "a" stands already in line 3',
  ]);
  expect(groupProblems(problems.slice(0, 3))).toHaveLength(3);
});

test('other columns, files and reasons are other causes', () => {
  const many = (message: (line: number) => string, file = 'a.csv') =>
    [1, 2, 3, 4].map((line) => problem('bad-row', file, line, message(line)));
  const groups = groupProblems([
    ...many((line) => `a.csv, line ${line}, column mode: empty`),
    ...many((line) => `a.csv, line ${line}, column label: empty`),
    ...many((line) => `b.csv, line ${line}, column label: empty`, 'b.csv'),
    ...many((line) => `a.csv, line ${line}, column label: full`),
  ]);
  expect(groups.map(({ count }) => count)).toEqual([4, 4, 4, 4]);
});

test('recordings, whose problems begin with their own path', () => {
  const damaged = [1, 2, 3, 4].map((n) =>
    problem(
      'corrupt-audio',
      'label.csv',
      n,
      `d/v/${n}.wav: truncated: ${n}00 bytes of 900; label.csv, line ${n} names it`,
    ),
  );
  expect(groupProblems(damaged).map(groupLine)).toEqual([
    'd/v/1.wav: truncated: 100 bytes of 900; label.csv, line 1 names it (4 times: also line 2, line 3, …)',
  ]);
});
