import type * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import { leaves, mapLeaves, type Params } from './params';

/**
 * The same tree for evaluation alone, with the weights of linear layers in the order in which this backend's products read them, which saves
 * arranging them at every call: on native, [panels, dIn, columns of a panel] in place of [dIn, dOut]. Elsewhere the tree as it is.
 *
 * Given weights are disposed one by one; all else is handed over. Gradients, checkpoints and other backends cannot read the result.
 *
 * @param params Of layers of this package: `{ weight, bias }` with a weight [dIn, dOut] and a bias [dOut] is taken for a linear layer.
 */
export function packWeights<P extends Params>(params: P): P {
  const { pack } = kernels();
  if (!pack) return params;
  const all = leaves(params);
  return mapLeaves(params, (leaf, path) => {
    const bias = /(^|\.)weight$/.test(path) ? all.get(path.replace(/weight$/, 'bias')) : undefined;
    if (leaf.rank !== 2 || bias?.rank !== 1 || bias.size !== leaf.shape[1]) return leaf;
    const packed = pack(leaf as tf.Tensor2D);
    leaf.dispose();
    return packed;
  });
}
