import { createHash } from 'node:crypto';
import {
  type AdamWMoments,
  type AdamWOptions,
  type AdamWState,
  adamWMoments,
  restoreAdamW,
  type StoredTensor,
  toTensor,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointState } from './checkpoints';

/** AdamW's moments as tensors by key, `first.<path>` and `second.<path>`, and the rest of what it knows. The caller frees the tensors. */
export function optimizerTensors(optimizer: AdamWState): {
  tensors: Map<string, tf.Tensor>;
  adam: CheckpointState['adam'];
} {
  const moments = [...adamWMoments(optimizer)];
  return {
    tensors: new Map(
      moments.flatMap(([path, { first, second }]): [string, tf.Tensor][] => [
        [`first.${path}`, first],
        [`second.${path}`, second],
      ]),
    ),
    adam: Object.fromEntries(moments.map(([path, { steps, group }]) => [path, [steps, group]])),
  };
}

/**
 * The inverse.
 *
 * @param name What error messages call the file.
 * @param options Those of `initAdamW`.
 * @throws One line that names what is missing or does not fit.
 */
export function optimizerFrom(
  of: ReadonlyMap<string, tf.Variable>,
  adam: CheckpointState['adam'],
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  options: AdamWOptions = {},
): AdamWState {
  const saved = new Map<string, AdamWMoments>();
  try {
    for (const [path, [steps, group]] of Object.entries(adam)) {
      const [first, second] = [stored.get(`first.${path}`), stored.get(`second.${path}`)];
      if (!first || !second) throw new Error(`missing ${first ? 'second' : 'first'}.${path}`);
      saved.set(path, { first: toTensor(first), second: toTensor(second), steps, group });
    }
    return restoreAdamW(of, saved, options);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  } finally {
    for (const { first, second } of saved.values()) tf.dispose([first, second]);
  }
}

/** Parameters that are trained, as they stand, by key `weights.<path>`. */
export const weightTensors = (trained: ReadonlyMap<string, tf.Variable>): Map<string, tf.Tensor> =>
  new Map([...trained].map(([path, variable]) => [`weights.${path}`, variable]));

/**
 * Gives variables the values of a file.
 *
 * @param prefix Of their keys in the file.
 * @param name What error messages call the file.
 * @throws One line that lists what is missing or has another shape.
 */
export function assignWeights(
  variables: ReadonlyMap<string, tf.Variable>,
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  prefix = '',
): void {
  const misfits = [...variables].flatMap(([path, { shape }]) => {
    const found = stored.get(prefix + path);
    if (!found) return [`missing ${prefix}${path}`];
    if (found.shape.join() === shape.join()) return [];
    return [`${prefix}${path}: expected [${shape.join(', ')}], found [${found.shape.join(', ')}]`];
  });
  if (misfits.length > 0) throw new Error(`${name}: does not fit the model: ${misfits.join('; ')}`);
  for (const [path, variable] of variables) {
    const value = toTensor(stored.get(prefix + path)!);
    variable.assign(value);
    value.dispose();
  }
}

/** SHA-256 of the values of tensors, with their names. */
export function tensorsHash(tensors: ReadonlyMap<string, tf.Tensor>): string {
  const hash = createHash('sha256');
  for (const [name, tensor] of tensors) hash.update(name).update(new Uint8Array(tensor.dataSync().buffer));
  return hash.digest('hex');
}
