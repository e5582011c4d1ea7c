import * as tf from '@tensorflow/tfjs';
import { native } from './native';
import { plain } from './plain';
import type { Kernels } from './types';

/** The kernels for the backend in use. */
export function kernels(): Kernels {
  return tf.getBackend() === 'tensorflow' ? native : plain;
}
