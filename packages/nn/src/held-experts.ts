import type * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { ExpertGates, ExpertKernels, ExpertWeights, HeldExperts } from './kernels/types';
import { oneNode } from './one-node';

// B batch, T time, D dModel, N experts, S the sum of their ranks

/** Whether the functions below are for the backend in use. They compute in float32, whatever the precision of products. */
export const hasHeldExperts = (): boolean => kernels().experts !== undefined;

/**
 * A convolution over frames into the hidden units of the experts that are held.
 *
 * @param x [B, T, D]; padded frames are zero.
 * @returns Sample by sample, in an order that `heldSums` reads.
 * @throws If the sizes do not fit.
 */
export function heldUnits(
  x: tf.Tensor3D,
  { down, downBias }: Pick<ExpertWeights, 'down' | 'downBias'>,
  of: HeldExperts,
): tf.Tensor1D {
  return oneNode<tf.Tensor1D>([x, down, downBias], (save) => {
    save([x, down, of.ranks, of.held, of.mask]);
    return {
      value: ours().units(x, { down, downBias }, of),
      gradient: (dy, [x, down, ...rest]) => {
        const { dx, dDown, dDownBias } = ours().unitsGradients(x!, down!, heldOf(rest), dy);
        return [dx, dDown, dDownBias];
      },
    };
  });
}

/**
 * What a request takes of the experts: of those that are held and used, their hidden units' pointwise convolutions and biases, times the gates.
 *
 * @param units Those of `heldUnits`, or an activation of them.
 * @returns [B, T, D], 0 behind a sample's last real frame.
 * @throws If the sizes do not fit.
 */
export function heldSums(
  units: tf.Tensor1D,
  { gates, used }: ExpertGates,
  { up, upBias }: Pick<ExpertWeights, 'up' | 'upBias'>,
  of: HeldExperts,
): tf.Tensor3D {
  return oneNode<tf.Tensor3D>([units, gates, up, upBias], (save) => {
    save([units, gates, up, upBias, used, of.ranks, of.held, of.mask]);
    return {
      value: ours().sums(units, { gates, used }, { up, upBias }, of),
      gradient: (dy, saved) => {
        const [units, gates, up, upBias, used, ...rest] = saved as tf.Tensor2D[];
        const [request, weights] = [
          { gates: gates!, used: used! },
          { up: up!, upBias: upBias! },
        ];
        const { dUnits, dGates, dUp, dUpBias } = ours().sumsGradients(units!, request, weights, heldOf(rest), dy);
        return [dUnits, dGates, dUp, dUpBias];
      },
    };
  });
}

const heldOf = ([ranks, held, mask]: tf.Tensor[]): HeldExperts => ({
  ranks: ranks as tf.Tensor1D,
  held: held as tf.Tensor2D,
  mask: mask as tf.Tensor2D,
});

function ours(): ExpertKernels {
  const { experts } = kernels();
  if (!experts) throw new Error('heldUnits: expected the native backend with our operations, found another');
  return experts;
}
