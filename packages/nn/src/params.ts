import * as tf from '@tensorflow/tfjs';

/** A model's parameters: plain nested objects and arrays whose leaves are tensors. A leaf's identity is its path, `layers.0.norm.weight`. */
export type Params = tf.Tensor | { readonly [name: string]: Params | undefined } | readonly Params[];

/** Calls `change` on every leaf and returns a tree of the same form. A leaf that is `undefined` (an optional part) is left out. */
export function mapLeaves<P extends Params>(
  params: P,
  change: (leaf: tf.Tensor, path: string) => tf.Tensor,
  path = '',
): P {
  if (params instanceof tf.Tensor) return change(params, path) as P & tf.Tensor;
  const child = (key: string, value: Params) => mapLeaves(value, change, path ? `${path}.${key}` : key);
  if (Array.isArray(params)) return params.map((value, i) => child(String(i), value)) as unknown as P;
  const entries = Object.entries(params as Record<string, Params | undefined>);
  return Object.fromEntries(entries.flatMap(([key, value]) => (value ? [[key, child(key, value)]] : []))) as P;
}

/** Every leaf by its path, in the order of the tree. */
export function leaves(params: Params): Map<string, tf.Tensor> {
  const found = new Map<string, tf.Tensor>();
  mapLeaves(params, (leaf, path) => {
    found.set(path, leaf);
    return leaf;
  });
  return found;
}

/** The same tree with a `tf.Variable` at every leaf, which an optimizer can change. The given tensors are disposed. */
export function trainable<P extends Params>(params: P): P {
  return mapLeaves(params, (leaf) => {
    const variable = tf.variable(leaf);
    leaf.dispose();
    return variable;
  });
}

/** The same tree with its variables marked as not to be trained; `variables` leaves them out. */
export function freeze<P extends Params>(params: P): P {
  return mapLeaves(params, (leaf) => {
    if (leaf instanceof tf.Variable) leaf.trainable = false;
    return leaf;
  });
}

/** Whether a leaf stays as it is. A plain tensor may be differentiated, so that only a variable can be frozen. */
export function isFrozen(leaf: tf.Tensor): boolean {
  return leaf instanceof tf.Variable && !leaf.trainable;
}

/** The variables of the tree that train, by path: what `initAdamW` takes. */
export function variables(params: Params): Map<string, tf.Variable> {
  const found = new Map<string, tf.Variable>();
  for (const [path, leaf] of leaves(params)) if (leaf instanceof tf.Variable && leaf.trainable) found.set(path, leaf);
  return found;
}

/** Frees every leaf. */
export function disposeParams(params: Params): void {
  for (const leaf of leaves(params).values()) leaf.dispose();
}

/** The number of weights in the tree. */
export function countParams(params: Params): number {
  let count = 0;
  for (const leaf of leaves(params).values()) count += leaf.size;
  return count;
}
