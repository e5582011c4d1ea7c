import * as tf from '@tensorflow/tfjs';
import { NUMBER_CHECKS, type NumberCheck } from './number-checks';

/** Of the expected number, or of 1 where that is larger. */
const TOLERANCE = 1e-3;

/**
 * Computes with tfjs's current backend what the model needs, and compares the numbers with those worked out by hand: there are backends that
 * give zeros without an error. Reads asynchronously, as WebGPU must.
 *
 * @throws One line: the first operation that is wrong, the number that was expected and the one that was found.
 */
export async function checkNumbers(checks: readonly NumberCheck[] = NUMBER_CHECKS): Promise<void> {
  // WebGPU's backend hands small tensors to the CPU: then nothing of the device would be seen.
  const mend = tf.getBackend() === 'webgpu' ? withFlag('WEBGPU_CPU_FORWARD', false) : () => {};
  try {
    await compareAll(checks);
  } finally {
    mend();
  }
}

/** Sets one of tfjs's flags. @returns What sets it back. */
function withFlag(name: string, value: boolean): () => void {
  const before = tf.env().getBool(name);
  tf.env().set(name, value);
  return () => tf.env().set(name, before);
}

async function compareAll(checks: readonly NumberCheck[]): Promise<void> {
  for (const { name, compute, expected } of checks) {
    const found = await valuesOf(compute).catch((error) => {
      throw new Error(`${name}: ${String((error as Error).message).split('\n')[0]}`);
    });
    const wrong = expected.findIndex((number, i) => !isClose(number, found[i]));
    if (wrong !== -1)
      throw new Error(
        `${name}: expected ${shown(expected[wrong])}, found ${shown(found[wrong])} at ${wrong} of ${expected.length}`,
      );
  }
}

const shown = (number: number | undefined) =>
  number === undefined ? 'nothing' : String(Number(number.toPrecision(6)));

async function valuesOf(compute: () => tf.Tensor): Promise<ArrayLike<number>> {
  const result = tf.tidy(compute);
  try {
    return await result.data();
  } finally {
    result.dispose();
  }
}

const isClose = (expected: number, found = Number.NaN) =>
  Math.abs(found - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
