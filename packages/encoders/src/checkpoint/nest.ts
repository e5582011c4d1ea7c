import type { Params } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';

/**
 * Leaves by path as a parameter tree: `encoder.layer.0.output.dense.bias` becomes objects and, below number keys, arrays.
 *
 * @param leaves In any order; the numbers below one path are 0, 1, 2, ... without a gap.
 */
export function nest<P extends Params>(leaves: ReadonlyMap<string, tf.Tensor>): P {
  const tree = branch();
  for (const [path, leaf] of leaves) {
    const names = path.split('.');
    let at = tree;
    for (const name of names.slice(0, -1)) {
      at[name] ??= branch();
      at = at[name] as Branch;
    }
    at[names.at(-1)!] = leaf;
  }
  return listed(tree) as P;
}

type Branch = { [name: string]: Branch | tf.Tensor };

const branch = (): Branch => Object.create(null) as Branch;

function listed(node: Branch): Params {
  const children = Object.entries(node).map(
    ([name, child]) => [name, Object.getPrototypeOf(child) === null ? listed(child as Branch) : child] as const,
  );
  const isList = children.length > 0 && children.every(([name], i) => name === String(i));
  return (isList ? children.map(([, child]) => child) : Object.fromEntries(children)) as Params;
}
