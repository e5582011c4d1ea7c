import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { smallModel } from '../__fixtures__/small-model';
import { trainingSteps } from '../training-step';
import { drawExamples } from '../whole-batch';
import { profileText } from './command';
import { multiplyAdds, stepMultiplyAdds } from './products';
import { profileStep } from './profile';
import { recordKernels } from './record-kernels';

beforeAll(async () => {
  await useBackend({ backend: 'native', log: () => {} });
});

test('every kernel is recorded with its shapes, and none afterwards', () => {
  const [a, b] = [tf.ones([2, 3, 5]), tf.ones([2, 7, 5])];
  const run = () => tf.dispose(tf.relu(tf.matMul(a, b, false, true)));
  const calls = recordKernels(run);
  expect(calls.map(({ kernel }) => kernel)).toEqual(['BatchMatMulV2', 'Relu']);
  expect(multiplyAdds(calls[0]!)).toBe(2 * 3 * 7 * 5);
  run();
  expect(calls).toHaveLength(2);
  const failing = () => {
    throw new Error('no');
  };
  expect(() => recordKernels(failing)).toThrow('no');
  expect(recordKernels(run)).toHaveLength(2);
});

test('a step is taken apart: kernels, parts, products that are necessary, and the limit', () => {
  const lengths = [
    { seconds: 0.5, tokens: 7 },
    { seconds: 0.5, tokens: 7 },
  ];
  const profile = profileStep(trainingSteps(smallModel, drawExamples(lengths, { vocabSize: 200 })));
  expect(Object.keys(profile.parts)).toEqual(['mmolre forward', 'mmolre backward', 'mmolre optimizer']);
  const kernelMs = profile.kernels.reduce((sum, { ms }) => sum + ms, 0);
  expect(kernelMs).toBeLessThan(profile.ms);
  const done = profile.kernels.reduce((sum, row) => sum + row.multiplyAdds, 0);
  const necessary = stepMultiplyAdds(smallModel, lengths);
  expect(done / necessary).toBeGreaterThan(0.95);
  expect(done / necessary).toBeLessThan(1.5);
  const text = profileText({ ...profile, ms: 100, rate: (2 * necessary) / 1e6 / 50 }, necessary);
  expect(text).toMatch(/MmolreLinear .*%/);
  expect(text).toContain('step 100 ms');
  expect(text).toMatch(/\d+ others .*0\.\d %/);
  expect(text).toContain('limit: 50 ms; the step reaches 50 % of it');
});
