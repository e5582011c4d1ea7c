import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { tinyArguments, writeTiny } from './__fixtures__/tiny-run';

// Folds over the speakers of a tiny data set, by the built programs.

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-folds-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const train = (...more: string[]) => runApp('trainer', folder, [...tinyArguments('t'), ...more]);

/** The speakers of the rows that a run or an evaluation tested. */
const tested = (file: string) =>
  readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => `s${Number(/^v(\d+)\//.exec(line)![1]) % 5}`);

beforeAll(() => {
  writeTiny(folder);
  const path = join(folder, 'data/label.csv');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  writeFileSync(path, lines.map((line, i) => `${line},${i === 0 ? 'speaker' : `s${(i - 1) % 5}`}\n`).join(''));
});

test('each fold is a run of its own, which is not trained again, and is evaluated on its own speakers', () => {
  const first = train('--folds', 'speakers=3');
  expect(first.status, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/fold: who tests[^\n]*recall[^\n]*corr/);
  expect(first.stdout).toMatch(/\n1: s0, s3 [\s\S]*\nmean [\s\S]*\ndeviation [\s\S]*\n95 % .* \.\. /);
  expect(first.stderr).toContain('fold 2: tests s1');
  const runs = readdirSync(join(folder, 'runs')).filter((name) => name.startsWith('t-'));
  expect(runs).toEqual(['t-fold1-seed1', 't-fold2-seed1', 't-fold3-seed1']);
  expect(runs.flatMap((run) => tested(`runs/${run}/predictions.csv`))).toHaveLength(24);

  const again = train('--folds', 'speakers=3', '--json');
  expect(again.stderr.match(/already trained/g)).toHaveLength(3);
  const results = again.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(results.map(({ fold, speakers }) => [fold, speakers])).toEqual([
    [1, ['s0', 's3']],
    [2, ['s1', 's4']],
    [3, ['s2']],
  ]);

  const evaluated = runApp('eval', folder, ['--run', 'runs/t-fold3-seed1', '--out', 'out']);
  expect(evaluated.status, evaluated.stderr).toBe(0);
  expect(new Set(tested('out/predictions.csv'))).toEqual(new Set(['s2']));
  expect(readFileSync(join(folder, 'out/predictions.csv'), 'utf8')).toBe(
    readFileSync(join(folder, 'runs/t-fold3-seed1/predictions.csv'), 'utf8'),
  );
});

test('other folds under the same name, and what are no folds, are refused', () => {
  const other = train('--folds', 'speakers=4');
  expect([other.status, other.lastLine]).toEqual([
    1,
    expect.stringMatching(/runs\/t-fold1-seed1: a run of something else: fold\.test: .* there, .* here; --force /),
  ]);
  expect(train('--folds', 'speakers=2').stderr).toContain('so many groups of them from 3');
  expect(train('--folds', 'speakers=6').lastLine).toMatch(/expected at least 6 speakers, .* found 5$/);
});
