import { expect, test } from 'vitest';
import type { Step } from './default-steps';
import { backendRatios } from './ratios';

test('medians of the first epoch and of later ones, on the clock and of all cores', () => {
  const step = (epoch: number, ms: number, cpuMs: number): Step => ({ epoch, ms, cpuMs, loss: 1 });
  const wasm = [step(1, 900, 900), step(2, 300, 310), step(3, 500, 510), step(3, 400, 410)];
  const native = [step(1, 300, 450), step(2, 100, 200), step(3, 160, 300)];
  expect(backendRatios({ wasm, native })).toEqual([
    { steps: 'first epoch, frozen layers too', metric: 'time', wasm: 900, native: 300, ratio: 3 },
    { steps: 'first epoch, frozen layers too', metric: 'cpu', wasm: 900, native: 450, ratio: 2 },
    { steps: 'later epochs', metric: 'time', wasm: 400, native: 130, ratio: 400 / 130 },
    { steps: 'later epochs', metric: 'cpu', wasm: 410, native: 250, ratio: 410 / 250 },
  ]);
});
