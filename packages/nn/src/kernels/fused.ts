import * as tf from '@tensorflow/tfjs';
import { mixSeed } from '../random';
import { experts } from './experts';
import { adamMoments } from './fused-adam';
import { native } from './native';
import { nativeKernel } from './native-kernel';
import { plain } from './plain';
import type {
  ActivationKernel,
  AttentionGradients,
  AttentionOf,
  AttentionRows,
  ConvolutionGroups,
  Kernels,
  NormGradientInputs,
  NormInputs,
  Places,
} from './types';

/** By the operations that the addon of `@mmolre/backend` brings along, each one pass over memory. */
export const fused: Kernels = {
  ...native,
  convolution,
  groupedConvolution: { value: groupedConvolution, gradients: groupedConvolutionGradients },
  drawKept,
  drop,
  takeRows: (rows, index) => nativeKernel('MmolreTakeRows', {}, [rows, index])[0] as tf.Tensor2D,
  activations: { ...native.activations, gelu: activation('MmolreGelu'), relu: activation('MmolreRelu') },
  product,
  addBias,
  project: (rows, weight, bias) => nativeKernel('MmolreLinear', {}, [rows, weight, bias])[0] as tf.Tensor2D,
  pack: (weight) => nativeKernel('MmolrePack', {}, [weight])[0] as tf.Tensor3D,
  addNorm,
  addNormValue: (inputs) => normed('MmolreAddNormValue', inputs, 1)[0]!,
  addNormGradients,
  attend,
  attendGradients,
  squareSum: (x) => nativeKernel('MmolreSquareSum', {}, [x])[0] as tf.Scalar,
  adamMoments,
  experts,
};

/** Whether the addon in use has them, which that of tfjs-node has not, and computes where they do: on the CPU, which a card's data would be copied to. */
export function hasFused(): boolean {
  if ((tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean }).isUsingGpuDevice) return false;
  try {
    tf.dispose(tf.tidy(() => nativeKernel('MmolreSquareSum', {}, [tf.zeros([1])])));
    return true;
  } catch {
    return false;
  }
}

/** Below this, numbers drawn in JavaScript cost little, and are the same on every backend. */
const SMALL = 0x1_0000;

/** One byte an entry. */
function drawKept(shape: number[], rate: number, seed: number): tf.Tensor {
  return tf.tidy(() => {
    if (tf.util.sizeFromShape(shape) < SMALL) return tf.cast(plain.drawKept(shape, rate, seed), 'bool');
    const inputs = [tf.tensor1d(shape, 'int32'), tf.tensor1d([seed | 0, mixSeed(seed, 1)], 'int32')];
    return nativeKernel('MmolreDrawKept', { rate }, inputs)[0]!;
  });
}

function drop(x: tf.Tensor, kept: tf.Tensor, rate: number): tf.Tensor {
  return nativeKernel('MmolreDrop', { scale: scaleOf(rate) }, [x, kept])[0]!;
}

function activation(name: string): ActivationKernel {
  const run = (name: string, x: tf.Tensor, kept: tf.Tensor | undefined, rate: number, ...dy: tf.Tensor[]) =>
    tf.tidy(() => nativeKernel(name, { scale: scaleOf(rate) }, [x, kept ?? nothing('bool'), ...dy])[0]!);
  const value: ActivationKernel['value'] = (x, kept, rate = 0) => run(name, x, kept, rate);
  return {
    value,
    both: (x, kept, rate = 0) => ({
      value: value(x, kept, rate),
      gradient: (dy) => run(`${name}Gradient`, x, kept, rate, dy),
    }),
  };
}

/** Of two matrices, of which the first is as it stands. */
function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  if (a.rank !== 2 || b.rank !== 2 || transposeA) return native.product(a, b, transposeA, transposeB);
  return nativeKernel(transposeB ? 'MmolreProductTransposed' : 'MmolreProduct', {}, [a, b])[0]!;
}

function addBias(rows: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  nativeKernel('MmolreAddBias', {}, [rows, bias], 0);
  return rows as tf.Tensor2D;
}

function convolution(x: tf.Tensor3D, filter: tf.Tensor3D, bias: tf.Tensor1D | undefined, stride: number): tf.Tensor3D {
  return tf.tidy(() => {
    const inputs = [x, filter, bias ?? nothing(), tf.tensor1d([stride], 'int32')];
    return nativeKernel('MmolreConvolution', {}, inputs)[0] as tf.Tensor3D;
  });
}

function groupedConvolution(
  x: tf.Tensor3D,
  filter: tf.Tensor3D,
  bias: tf.Tensor1D | undefined,
  of: ConvolutionGroups,
): tf.Tensor3D {
  return tf.tidy(() => {
    const inputs = [x, filter, bias ?? nothing(), sizesOf(of)];
    return nativeKernel('MmolreGroupedConvolution', {}, inputs)[0] as tf.Tensor3D;
  });
}

function groupedConvolutionGradients(
  x: tf.Tensor3D,
  filter: tf.Tensor3D,
  dy: tf.Tensor3D,
  of: ConvolutionGroups,
): [tf.Tensor3D, tf.Tensor3D] {
  return tf.tidy(() => {
    const results = nativeKernel('MmolreGroupedConvolutionGradient', {}, [x, filter, dy, sizesOf(of)], 2);
    return results as [tf.Tensor3D, tf.Tensor3D];
  });
}

const sizesOf = ({ before, after, groups }: ConvolutionGroups) => tf.tensor1d([before, after, groups], 'int32');

function addNorm(inputs: NormInputs): ReturnType<Kernels['addNorm']> {
  const [value, unit, scale] = normed('MmolreAddNorm', inputs, 3);
  return { value: value!, unit: unit!, scale: scale! };
}

function normed(
  name: string,
  { x, change, kept, rate = 0, weight, bias, epsilon }: NormInputs,
  numOutputs: number,
): tf.Tensor[] {
  return tf.tidy(() => {
    const inputs = [x, change ?? nothing(), kept ?? nothing('bool'), weight, bias];
    return nativeKernel(name, { scale: scaleOf(rate), epsilon }, inputs, numOutputs);
  });
}

function addNormGradients({
  dy,
  unit,
  scale,
  weight,
  kept,
  rate = 0,
}: NormGradientInputs): ReturnType<Kernels['addNormGradients']> {
  return tf.tidy(() => {
    const inputs = [dy, unit, scale, weight, kept ?? nothing('bool')];
    const results = nativeKernel('MmolreAddNormGradient', { scale: scaleOf(rate) }, inputs, 4);
    const [dx, dChange, dWeight, dBias] = results as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    return { dx, ...(kept && { dChange }), dWeight, dBias };
  });
}

function attend({ queries, keys, values }: AttentionRows, of: AttentionOf): ReturnType<Kernels['attend']> {
  return tf.tidy(() => {
    const { own, other, heads, mask, kept } = of;
    const rowsOf = ({ packed }: Places) => packed?.rows ?? nothing('int32');
    const shape = tf.tensor1d([own.B, own.T, other.T, heads], 'int32');
    const inputs = [queries, keys, values, mask, kept ?? nothing('bool'), rowsOf(own), rowsOf(other), shape];
    return { value: nativeKernel('MmolreAttention', attentionAttributes(of), inputs)[0] as tf.Tensor2D, saved: inputs };
  });
}

function attendGradients(saved: readonly tf.Tensor[], dy: tf.Tensor, of: AttentionOf): AttentionGradients {
  const results = nativeKernel('MmolreAttentionGradient', attentionAttributes(of), [...saved, dy], 3);
  const [dQueries, dKeys, dValues] = results as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  return { dQueries, dKeys, dValues };
}

const attentionAttributes = ({ rate, temperature }: AttentionOf) => ({ scale: scaleOf(rate), temperature });

const scaleOf = (rate: number) => 1 / (1 - rate);

/** What an operation takes for an input that there is not. */
const nothing = (dtype: 'float32' | 'bool' | 'int32' = 'float32') => tf.tensor1d([], dtype);
