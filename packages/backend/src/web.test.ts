import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breakKernel } from '../test/broken-kernel';
import { checkNumbers, NUMBER_CHECKS, useWebBackend } from './web';

/** Registers a backend under WebGPU's name, which computes as cpu does. */
async function pretendWebGpu(change: (backend: tf.KernelBackend) => void = () => {}): Promise<void> {
  await tf.setBackend('cpu');
  const Cpu = tf.backend().constructor as new () => tf.KernelBackend;
  tf.registerBackend('webgpu', () => {
    const backend = Object.assign(new Cpu(), { firstUse: false }); // no advice on stderr
    change(backend);
    return backend;
  });
  tf.copyRegisteredKernels('cpu', 'webgpu');
  tf.env().registerFlag('WEBGPU_CPU_FORWARD', () => true);
}

function forgetWebGpu(): void {
  if (!tf.findBackendFactory('webgpu')) return;
  tf.removeBackend('webgpu');
  for (const { kernelName } of tf.getKernelsForBackend('webgpu')) tf.unregisterKernel(kernelName, 'webgpu');
}

beforeEach(() => tf.setBackend('cpu'));
afterEach(forgetWebGpu);

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
});
const log = (line: string) => lines.push(line);

describe('useWebBackend', () => {
  test('tries what the caller has registered, and says why others were not taken', async () => {
    expect(await useWebBackend({ log })).toMatchObject({ name: 'cpu' });
    expect(lines).toEqual([
      "backend: cpu (wasm is not registered; import '@tensorflow/tfjs-backend-wasm' before; " +
        "webgpu is not registered; import '@tensorflow/tfjs-backend-webgpu' before)",
    ]);
    await expect(useWebBackend({ backend: 'webgpu' })).rejects.toThrow(
      "backend webgpu was asked for, but webgpu is not registered; import '@tensorflow/tfjs-backend-webgpu' before",
    );
    expect(tf.getBackend()).toBe('cpu');
  });

  test('takes the first that computes rightly', async () => {
    await pretendWebGpu();
    expect(await useWebBackend({ log })).toEqual({ name: 'webgpu', reason: '' });
    expect(lines).toEqual(['backend: webgpu']);
    expect(tf.getBackend()).toBe('webgpu');
    expect(await useWebBackend({ backend: 'cpu' })).toEqual({ name: 'cpu', reason: 'asked for by the caller' });
  });

  test('one that does not load is passed over', async () => {
    tf.registerBackend('webgpu', () => {
      throw new Error('no adapter');
    });
    expect((await useWebBackend()).reason).toContain('webgpu does not load');
    expect(tf.getBackend()).toBe('cpu');
  });

  test.each([
    ['BatchMatMul', 'matMul: expected 5, found 0 at 0 of 4'],
    ['Softmax', 'softmax: expected 0.125, found 0 at 0 of 6'],
    ['Sum', 'sum over axis 0: expected 8, found 0 at 0 of 6'],
    ['Mean', 'mean over axis 0: expected 4, found 0 at 0 of 6'],
    ['Greater', 'mask by comparison: expected 1, found 0 at 5 of 12'],
    ['GatherV2', 'gather: expected 3, found 0 at 1 of 8'],
    ['PadV2', 'pad, slice and concat: expected 1, found 0 at 2 of 24'],
    ['Slice', 'pad, slice and concat: expected 1, found 0 at 2 of 24'],
    ['Concat', 'pad, slice and concat: expected 1, found 0 at 2 of 24'],
    ['TopK', 'topk, values: expected 9, found 0 at 0 of 4'],
    ['Transpose', 'transpose: expected 1, found 0 at 0 of 12'],
    ['Add', 'mul and add with broadcasting: expected 11, found 0 at 0 of 6'],
    ['Erf', 'erf: expected 0.5205, found 0 at 1 of 3'],
  ])('one whose %s gives zeros is refused, and the next is taken', async (kernel, fault) => {
    await pretendWebGpu();
    breakKernel('webgpu', kernel);
    const { name, reason } = await useWebBackend();
    expect(name).toBe('cpu');
    expect(reason).toContain(`webgpu computes wrongly: ${fault}`);
    await expect(useWebBackend({ backend: 'webgpu' })).rejects.toThrow(fault);
  });

  test('errors of a device throw: within the check, and later wherever data is read', async () => {
    let device = { onuncapturederror: (_: { error: Error }) => {} };
    const withDevice = (backend: tf.KernelBackend) => {
      device = Object.assign(backend, { device: { onuncapturederror: () => {} } }).device;
    };
    await pretendWebGpu(withDevice);
    expect((await useWebBackend()).name).toBe('webgpu');
    const sum = tf.sum(tf.ones([3]));
    expect(await sum.data()).toEqual(Float32Array.of(3));
    device.onuncapturederror({ error: new Error('a buffer is too large\nby far') });
    device.onuncapturederror({ error: new Error('so is this one') });
    await expect(tf.neg(sum).data()).rejects.toThrow(/^WebGPU: a buffer is too large$/);
    expect((await useWebBackend()).reason).toContain('webgpu computes wrongly: matMul: WebGPU: a buffer is too large');
  });
});

describe('checkNumbers', () => {
  test('leaves no tensors behind, also after an error', async () => {
    const { numTensors } = tf.memory();
    await checkNumbers();
    const fails = { name: 'throws', compute: () => tf.add(tf.ones([2]), tf.ones([3])), expected: [1] };
    await expect(checkNumbers([fails])).rejects.toThrow(/^throws: /);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('a number that is missing or none is wrong, one within the tolerance is not', async () => {
    const check = (found: number[], expected: number[]) =>
      checkNumbers([{ name: 'x', compute: () => tf.tensor1d(found), expected }]);
    await check([1.0005, 1000.5], [1, 1000]);
    await expect(check([1.002], [1])).rejects.toThrow('x: expected 1, found 1.002');
    await expect(check([Number.NaN], [1])).rejects.toThrow('x: expected 1, found NaN at 0 of 1');
    await expect(check([1], [1, 2])).rejects.toThrow('x: expected 2, found nothing at 1 of 2');
  });

  test('has a name for each', () => {
    expect(new Set(NUMBER_CHECKS.map(({ name }) => name)).size).toBe(NUMBER_CHECKS.length);
  });
});
