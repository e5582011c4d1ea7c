import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Measure } from './benchmark';
import { compareWithKept, type KeptResults, keepResults, newestKept } from './kept-results';
import { processorNote, thisMachine } from './processor';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-kept-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const measure = (name: string, ratio: number, spread: number, metric: Measure['metric'] = 'time'): Measure => ({
  ...{ name, metric, ratio, spread },
  ours: ratio * 10,
  theirs: 10,
});
const results = (date: string, features: string[], ratio: number): KeptResults => ({
  ...{ name: 'moe', title: 'One block', date, line: 'AMD EPYC, 2 cores' },
  machine: { hardware: 'amd-epyc-2-cores', features },
  measures: [{ ...measure('a', ratio, 0.02), rounds: 15 }],
});

test('the newest results of the same kind of machine are found', () => {
  const machine = { hardware: 'amd-epyc-2-cores', features: ['avx2', 'avx512_bf16'] };
  expect(newestKept(join(folder, 'none'), 'moe', machine)).toBeUndefined();
  keepResults(folder, results('2026-10-30', ['avx2', 'avx512_bf16'], 0.7), () => '# old');
  const file = keepResults(folder, results('2026-11-02', ['avx2', 'avx512_bf16'], 0.8), () => '# new');
  keepResults(folder, results('2026-12-01', ['avx2'], 0.9), () => '# another machine');
  expect(file).toBe(join(folder, 'moe_amd-epyc-2-cores-avx512_bf16_2026-11.md'));
  expect(readFileSync(file, 'utf8')).toBe('# new');
  expect(newestKept(folder, 'moe', machine)?.measures).toEqual([{ ...measure('a', 0.8, 0.02), rounds: 15 }]);
  expect(newestKept(folder, 'step', machine)).toBeUndefined();
  expect(newestKept(folder, 'moe', { ...machine, hardware: 'intel-xeon-2-cores' })).toBeUndefined();
});

test('a run of some cases leaves the others of its month', () => {
  const kept = (name: string, ratio: number) => ({ ...measure(name, ratio, 0), rounds: 3 });
  const run = (date: string, ...measures: ReturnType<typeof kept>[]) =>
    keepResults(join(folder, 'some'), { ...results(date, [], 1), measures }, (all) => JSON.stringify(all.measures));
  run('2026-11-02', kept('a', 0.5), kept('b', 0.6));
  const file = run('2026-11-30', kept('b', 0.7), kept('c', 0.8));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([kept('a', 0.5), kept('b', 0.7), kept('c', 0.8)]);
  expect(JSON.parse(readFileSync(run('2026-12-01', kept('c', 0.9)), 'utf8'))).toEqual([kept('c', 0.9)]);
});

test('a ratio above the kept one by more than the larger spread is worse', () => {
  const before = (name: string, spread: number) => ({ ...measure(name, 0.8, spread), rounds: 15 });
  const kept = { ...results('2026-11-02', [], 0.8), measures: [before('a', 0.02), before('b', 0.1)] };
  const now = [measure('a', 0.83, 0.01), measure('a', 0.5, 0, 'memory'), measure('b', 0.89, 0), measure('c', 9, 0)];
  expect(compareWithKept(now, kept)).toEqual([
    { ...now[0], kept: 0.8, isWorse: true },
    now[1],
    { ...now[2], kept: 0.8, isWorse: false },
    now[3],
  ]);
  expect(compareWithKept([measure('a', 0.815, 0.01)], kept)[0]!.isWorse).toBe(false);
  expect(compareWithKept(now, undefined)).toEqual(now);
});

test('of a processor its decisive features and its generation are told', () => {
  const epyc =
    'processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx avx2 avx512f rdpid\n';
  expect(thisMachine(epyc)).toEqual({
    hardware: expect.stringMatching(/-cores-family-25-model-17$/),
    features: ['avx2', 'avx512f'],
  });
  expect(processorNote(epyc)).toEqual(['family 25 model 17 avx2 avx512f']);
  expect(thisMachine('Features\t: fp asimd bf16\n').features).toEqual(['asimd', 'bf16']);
  expect(thisMachine('')).toEqual({ hardware: expect.stringMatching(/-cores$/), features: [] });
  expect(processorNote('')).toEqual([]);
});
