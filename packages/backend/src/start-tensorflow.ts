import { writeSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { loadRedirect, startAddon } from './addon';
import { BackendError } from './errors';
import { nativeEnvironment } from './native-environment';
import { installedVariant, nativePaths, nativeStatus } from './native-state';
import { nativeRow } from './platforms';
import { holdStderr } from './quiet-stderr';

/**
 * Loads the addon unless it is loaded, and runs one matmul, at which TensorFlow writes its notes, with stderr held.
 *
 * @throws BackendError in one line: what is missing or what went wrong, and what to do.
 */
export function startTensorflow(): void {
  if (tf.findBackend('tensorflow')) return;
  const status = nativeStatus();
  if (!status.ok) throw new BackendError(status.reason);
  const variant = installedVariant();
  Object.assign(process.env, nativeEnvironment(variant));
  const { folder } = nativePaths(nativeRow(variant));
  try {
    const { held } = holdStderr(loadRedirect(folder), () => {
      startAddon(folder);
      if (!tf.findBackend('tensorflow')) throw new BackendError('native loaded into another copy of @tensorflow/tfjs');
      tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
    });
    if (held && process.env.TF_CPP_MIN_LOG_LEVEL === '0') writeSync(2, held);
  } catch (error) {
    if (error instanceof BackendError) throw error;
    const line = String((error as Error).message ?? error).split('\n')[0];
    throw new BackendError(`native does not load: ${line}; run npx @mmolre/backend install --force`);
  }
}
