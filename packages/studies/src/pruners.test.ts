import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Curve, type Rival, shouldPrune } from './pruners';
import type { Pruner } from './study-file';

type Fixture = {
  studies: { pruner: Pruner; epochs: number; events: [trial: number, value: number, isPruned: boolean][] }[];
};
const fixture: Fixture = JSON.parse(readFileSync(new URL('__fixtures__/pruners.json', import.meta.url), 'utf8'));

describe('decides as Optuna', () => {
  test.each(fixture.studies.map((study) => [JSON.stringify(study.pruner), study] as const))(
    '%s',
    (_, { pruner, epochs, events }) => {
      const curves = new Map<number, number[]>();
      const decided = events.map(([trial, value]) => {
        const curve = [...(curves.get(trial) ?? []), value];
        curves.set(trial, curve);
        const rivals = [...curves]
          .filter(([number]) => number !== trial)
          .map(([, other]): Rival => ({ curve: other, isComplete: other.length === epochs }));
        return [trial, value, shouldPrune(pruner, curve, rivals)] as const;
      });
      expect(decided).toEqual(events);
      expect(decided.some(([, , isPruned]) => isPruned)).toBe(true);
    },
  );
});

const curves = fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 });
const rivals = fc.array(fc.record({ curve: curves, isComplete: fc.boolean() }), { maxLength: 20 });
const median: Pruner = { median: { startupTrials: 0, warmupEpochs: 0 } };
const halving: Pruner = { halving: { minEpochs: 1, reductionFactor: 3 } };

test('the best of all is never pruned, and without a pruner none', () => {
  fc.assert(
    fc.property(curves, rivals, (curve, others) => {
      const lowest = Math.min(0, ...others.flatMap((other) => other.curve)) - 1;
      const best = curve.map(() => lowest);
      for (const pruner of [median, halving]) expect(shouldPrune(pruner, best, others)).toBe(false);
      expect(shouldPrune('none', curve, others)).toBe(false);
    }),
  );
});

test('does not depend on the order of the others, nor on a constant added to all', () => {
  const whole = fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 30 });
  const other = fc.record({ curve: whole, isComplete: fc.boolean() });
  fc.assert(
    fc.property(whole, fc.array(other, { maxLength: 20 }), (curve, others) => {
      const moved = (one: Curve) => one.map((value) => value + 7);
      for (const pruner of [median, halving]) {
        const found = shouldPrune(pruner, curve, others);
        expect(shouldPrune(pruner, curve, others.toReversed())).toBe(found);
        const all = others.map(({ curve: one, isComplete }) => ({ curve: moved(one), isComplete }));
        expect(shouldPrune(pruner, moved(curve), all)).toBe(found);
      }
    }),
  );
});

test('waits for so many complete trials and epochs, and for rungs', () => {
  const good: Rival = { curve: [0, 0, 0, 0, 0], isComplete: true };
  const pruner: Pruner = { median: { startupTrials: 2, warmupEpochs: 3 } };
  expect(shouldPrune(pruner, [1, 1, 1], [good])).toBe(false);
  expect(shouldPrune(pruner, [1, 1], [good, good])).toBe(false);
  expect(shouldPrune(pruner, [1, 1, 1], [good, good])).toBe(true);
  const rungs: Pruner = { halving: { minEpochs: 2, reductionFactor: 2 } };
  const at = [1, 2, 3, 4, 5].map((epochs) => shouldPrune(rungs, new Array(epochs).fill(1), [good, good]));
  expect(at).toEqual([false, true, false, true, false]);
});
