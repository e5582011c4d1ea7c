import { resolveConfig, small } from '@mmolre/training';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockAt, blocksWithin, designLine } from './design';
import { FORMS, rowsOf } from './rows';

test('whole blocks of all models fill the time: at least one, and every fold before another seed', () => {
  const models = ['a', 'b', 'c', 'd'];
  // After the first run, each is taken to be as long: 4 times 240 s and 30 s around are 18 minutes.
  expect(blocksWithin(60, models, new Map([['a', [240]]]))).toBe(3);
  const all = new Map([
    ['a', [240]],
    ['b', [60]],
    ['c', [60, 90]],
    ['d', [60]],
  ] as const);
  expect(blocksWithin(60, models, new Map([...all].map(([name, seconds]) => [name, [...seconds]])))).toBe(5);
  expect(blocksWithin(1, models, new Map([['a', [240]]]))).toBe(1);
  expect([0, 1, 2, 3, 7].map((index) => Object.values(blockAt(index, 3)))).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('the planned runs never take longer than the time, where more than one block is planned', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }),
      (minutes, times) => {
        const models = times.map((_, i) => `m${i}`);
        const blocks = blocksWithin(minutes, models, new Map(times.map((time, i) => [`m${i}`, [time]])));
        const block = times.reduce((sum, time) => sum + time, 0);
        expect(blocks === 1 || blocks * block <= 60 * minutes).toBe(true);
      },
    ),
  );
});

test('says beforehand what it can see', () => {
  expect(designLine(1, 3, 4)).toMatch(/^1 block of 4 models \(1 of 3 folds, seed 1\): one block sees no difference/);
  expect(designLine(7, 3, 4)).toMatch(
    /^7 blocks of 4 models \(3 of 3 folds, seeds 1 \.\. 3\): it sees a true difference of 0\.13 /,
  );
});

test('every model of every form is a configuration that can be trained', () => {
  for (const form of FORMS) {
    const rows = rowsOf(form, small());
    expect(rows[0]!.name).toBe('mmolre');
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { variant, set } of rows) expect(() => resolveConfig({ preset: 'small', variant, set })).not.toThrow();
  }
  expect(rowsOf('sweeps', small()).map(({ name }) => name)).toEqual([
    'mmolre',
    ...['experts-3', 'experts-7', 'experts-11', 'experts-15'],
    ...['active-2-of-15', 'active-5-of-15', 'active-11-of-15'],
    ...['rank-4', 'rank-64', 'rank-mixed'],
  ]);
});
