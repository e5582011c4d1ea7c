import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Setting, settingsOf } from './sampling';
import type { Field, Study } from './study-file';

const labels = (settings: readonly Setting[]) =>
  settings.map((setting) => Object.values(setting).map(({ label }) => label));
const range = (low: number, high: number, more: { log?: boolean; integer?: boolean } = {}): Field => ({
  ...{ low, high, log: false, integer: false },
  ...more,
});
const random = (fields: Study['fields'], trials: number, seed = 1) =>
  settingsOf({ fields, sampler: { random: { trials, seed } } });

test('a grid is every combination, the last field fastest', () => {
  const fields: Study['fields'] = {
    'model.unitse.topK': [1, 2],
    experts: {
      cases: { few: { 'model.unitse.ranks': [4], 'model.unitse.topK': 1 }, many: { 'model.unitse.ranks': [4, 4] } },
    },
  };
  const settings = settingsOf({ fields, sampler: 'grid' });
  expect(labels(settings)).toEqual([
    ['1', 'few'],
    ['1', 'many'],
    ['2', 'few'],
    ['2', 'many'],
  ]);
  expect(settings[1]!.experts!.set).toEqual({ 'model.unitse.ranks': [4, 4] });
  expect(settings[2]!['model.unitse.topK']!.set).toEqual({ 'model.unitse.topK': 2 });
  expect(settingsOf({ fields: {}, sampler: 'grid' })).toEqual([{}]);
});

test('a grid has as many settings as the product of its lists, and none twice', () => {
  const list = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
      const fields = Object.fromEntries(lists.map((values, i) => [`f${i}`, values]));
      const found = labels(settingsOf({ fields, sampler: 'grid' })).map((one) => one.join());
      expect(found).toHaveLength(lists.reduce((product, values) => product * values.length, 1));
      expect(new Set(found).size).toBe(found.length);
    }),
  );
});

test('draws lie in their range, evenly by value or by logarithm, and are whole where asked', () => {
  const values = (field: Field) => random({ f: field }, 400).map(({ f }) => f!.set.f as number);
  for (const value of values(range(2, 5))) expect(value >= 2 && value <= 5).toBe(true);
  const below = (of: number[], limit: number) => of.filter((value) => value < limit).length / of.length;
  expect(below(values(range(0, 1)), 0.5)).toBeCloseTo(0.5, 1);
  const rates = values(range(1e-5, 1e-1, { log: true }));
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-5);
  expect(below(rates, 1e-3)).toBeCloseTo(0.5, 1);
  const whole = values(range(1, 6, { integer: true }));
  expect(whole.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('so many draws that differ, or all there are; the same again; more begin with the same ones', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (seed, trials, choices) => {
        const fields: Study['fields'] = { a: Array.from({ length: choices }, (_, i) => i), b: ['x', 'y'] };
        const found = labels(random(fields, trials, seed));
        expect(found).toHaveLength(Math.min(trials, 2 * choices));
        expect(new Set(found.map(String)).size).toBe(found.length);
        expect(labels(random(fields, trials, seed))).toEqual(found);
        expect(labels(random(fields, trials + 3, seed)).slice(0, found.length)).toEqual(found);
      },
    ),
  );
});
