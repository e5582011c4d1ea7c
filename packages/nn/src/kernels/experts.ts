import type * as tf from '@tensorflow/tfjs';
import { nativeKernel } from './native-kernel';
import type { ExpertKernels, HeldExperts } from './types';

const inputsOf = ({ ranks, held, mask }: HeldExperts) => [ranks, held, mask];

/** By our operations, of which each is a few products grouped over experts and samples. */
export const experts: ExpertKernels = {
  units: (x, { down, downBias }, of) =>
    nativeKernel('MmolreExpertUnits', {}, [x, down, downBias, ...inputsOf(of)])[0] as tf.Tensor1D,

  unitsGradients(x, down, of, dy) {
    const [dx, dDown, dDownBias] = nativeKernel('MmolreExpertUnitsGradient', {}, [x, down, ...inputsOf(of), dy], 3);
    return { dx: dx!, dDown: dDown!, dDownBias: dDownBias! };
  },

  sums: (units, { gates, used }, { up, upBias }, of) =>
    nativeKernel('MmolreExpertSums', {}, [units, gates, up, upBias, ...inputsOf(of), used])[0] as tf.Tensor3D,

  sumsGradients(units, { gates, used }, { up, upBias }, of, dy) {
    const inputs = [units, gates, up, upBias, ...inputsOf(of), used, dy];
    const [dUnits, dGates, dUp, dUpBias] = nativeKernel('MmolreExpertSumsGradient', {}, inputs, 4);
    return { dUnits: dUnits!, dGates: dGates!, dUp: dUp!, dUpBias: dUpBias! };
  },
};
