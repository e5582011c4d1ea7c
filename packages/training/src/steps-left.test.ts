import { expect, test } from 'vitest';
import { stepsLeft } from './steps-left';

const at = (epoch: number, bestEpoch: number, step = epoch * 10) =>
  stepsLeft({ step, steps: 1000, perEpoch: 10, epoch, bestEpoch, patience: 5 });

test('before the first validation it is what is configured', () => {
  expect(at(0, 0, 0)).toBe(1000);
  expect(at(0, 0, 7)).toBe(993);
});

test('while it gets better, as many epochs again as there were, and patience', () => {
  expect(at(1, 1)).toBe((1 + 5) * 10);
  expect(at(20, 20)).toBe((20 + 5) * 10);
  expect(at(20, 20, 204)).toBe((20 + 5) * 10 - 4);
});

test('the longer it does not, the nearer to what patience leaves', () => {
  expect([20, 21, 22, 23, 24, 25].map((epoch) => at(epoch, 20))).toEqual([250, 200, 150, 100, 50, 0]);
});

test('never more than is configured, never less than patience leaves', () => {
  for (let epoch = 1; epoch <= 100; epoch++) {
    for (let best = Math.max(0, epoch - 4); best <= epoch; best++) {
      const [configured, patience] = [1000 - epoch * 10, (best + 5 - epoch) * 10];
      expect(at(epoch, best)).toBeLessThanOrEqual(configured);
      expect(at(epoch, best)).toBeGreaterThanOrEqual(Math.min(configured, patience));
    }
  }
});

test('of a training that ended, or whose losses are no numbers from the start', () => {
  expect(at(100, 98)).toBe(0);
  expect(at(2, 0)).toBe(30);
});
