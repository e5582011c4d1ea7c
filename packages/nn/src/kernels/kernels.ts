import * as tf from '@tensorflow/tfjs';
import { fused, hasFused } from './fused';
import { native } from './native';
import { plain } from './plain';
import type { Kernels } from './types';
import { wasm } from './wasm';

/** Of each native backend, what it can do. */
const ofBackend = new WeakMap<object, Kernels>();

/** The kernels for the backend in use. */
export function kernels(): Kernels {
  if (tf.getBackend() === 'wasm') return wasm;
  if (tf.getBackend() !== 'tensorflow') return plain;
  const backend = tf.backend();
  const known = ofBackend.get(backend) ?? (hasFused() ? fused : native);
  ofBackend.set(backend, known);
  return known;
}
