import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { ensureNative } from './native-install';
import { describeEachBackend, testedBackends } from './test';

const native = await ensureNative({ log: (line) => console.log(line) });
const ran: string[] = [];

describeEachBackend('a suite', (backend) => {
  test('runs on its backend', async () => {
    ran.push(backend);
    expect(tf.getBackend()).toBe(backend === 'native' ? 'tensorflow' : backend);
    expect(await tf.sum(tf.ones([3])).array()).toBe(3);
  });
});

const expected = testedBackends();
afterAll(() => expect(ran).toEqual(expected));
afterEach(() => {
  vi.unstubAllEnvs();
});

test('MMOLRE_BACKEND narrows to one backend, and without it both run', () => {
  vi.stubEnv('MMOLRE_BACKEND', 'wasm');
  expect(testedBackends()).toEqual(['wasm']);
  vi.stubEnv('MMOLRE_BACKEND', '');
  expect(testedBackends()).toEqual(native.ok ? ['native', 'wasm'] : ['wasm']);
});
