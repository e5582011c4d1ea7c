import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { LinearParams } from './linear-part';
import type { Params } from './params';

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
  return pack ? (packed(params, pack) as P) : params;
}

function packed(params: Params, pack: (weight: tf.Tensor2D) => tf.Tensor3D): Params {
  if (params instanceof tf.Tensor) return params;
  if (Array.isArray(params)) return params.map((part) => packed(part, pack));
  const parts = Object.entries(params as Record<string, Params | undefined>).flatMap(([name, part]) =>
    part ? [[name, packed(part, pack)] as const] : [],
  );
  if (!isLinear(params)) return Object.fromEntries(parts);
  const weight = pack(params.weight);
  params.weight.dispose();
  return { ...Object.fromEntries(parts), weight };
}

function isLinear(params: object): params is LinearParams {
  const { weight, bias } = params as Partial<LinearParams>;
  if (!(weight instanceof tf.Tensor && bias instanceof tf.Tensor)) return false;
  return weight.rank === 2 && bias.rank === 1 && bias.size === weight.shape[1];
}
