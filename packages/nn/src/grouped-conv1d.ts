import * as tf from '@tensorflow/tfjs';
import {
  fromBlocks,
  fromMatrix,
  fromWindows,
  type GroupedConv1dOptions,
  type Plan,
  planBlocks,
  toBlocks,
  toMatrix,
  toWindows,
} from './grouped-conv1d-blocks';
import { kernels } from './kernels/kernels';
import { product } from './mat-mul';
import { oneNode } from './one-node';

// B batch, T input frames, F output frames, K kernel, G groups, c and o channels of a group (in, out)

/**
 * A convolution over time with any kernel, stride, groups and zero padding, as PyTorch's `Conv1d`; as matrix products, so that its
 * filter trains on every backend.
 *
 * Input windows are laid out in blocks of m output frames: a group of 48 channels would otherwise copy its input K times and
 * multiply by a matrix of 48 columns. The filter is repeated along the diagonal of a block's matrix; for few groups m is 1.
 * It keeps x and the filter for the gradient, and lays out the windows again there.
 *
 * @param x [B, T, G·c]
 * @param weight [K, c, G·o]
 * @param bias [G·o], or none.
 * @returns [B, F, G·o] with F = floor((T + padding - K) / stride) + 1
 * @throws If the channels do not fit the groups, or the padded input is shorter than the kernel.
 */
export function groupedConv1d(
  x: tf.Tensor3D,
  weight: tf.Tensor3D,
  bias: tf.Tensor1D | undefined,
  options: GroupedConv1dOptions = {},
): tf.Tensor3D {
  const inputs = bias ? [x, weight, bias] : [x, weight];
  return oneNode<tf.Tensor3D>(inputs, (save) => {
    save([x, weight]);
    const gradient = (dy: tf.Tensor3D, [x, weight]: tf.Tensor[]) => {
      const grads = convolveGradients(x as tf.Tensor3D, weight as tf.Tensor3D, dy, options);
      return bias ? [...grads, tf.sum(dy, [0, 1])] : grads;
    };
    return { value: convolve(x, weight, bias, options), gradient };
  });
}

/** Without a gradient. */
function convolve(
  x: tf.Tensor3D,
  weight: tf.Tensor3D,
  bias: tf.Tensor1D | undefined,
  options: GroupedConv1dOptions,
): tf.Tensor3D {
  const plan = planBlocks(x.shape, weight.shape, options);
  const { convolution } = kernels();
  const isPadded = options.padding?.some((frames) => frames > 0);
  if (convolution && plan.G === 1 && !isPadded) return convolution(x, weight, bias, plan.stride);
  const own = ofBackend(plan, options);
  if (own) return own.kernel.value(x, weight, bias, own.of);
  return tf.tidy(() => {
    const value = fromBlocks(product(toWindows(x, plan), toMatrix(weight, plan)), plan);
    return bias ? tf.add(value, bias) : value;
  });
}

/** The gradients of `convolve`, of x and of the weight. */
function convolveGradients(
  x: tf.Tensor3D,
  weight: tf.Tensor3D,
  dy: tf.Tensor3D,
  options: GroupedConv1dOptions,
): [tf.Tensor3D, tf.Tensor3D] {
  const plan = planBlocks(x.shape, weight.shape, options);
  const own = ofBackend(plan, options);
  if (own) return own.kernel.gradients(x, weight, dy, own.of);
  return tf.tidy(() => {
    const dBlocks = toBlocks(dy, plan);
    const dWeight = tf.tidy(() => fromMatrix(product(toWindows(x, plan), dBlocks, true, false), plan));
    const dx = tf.tidy(() => fromWindows(product(dBlocks, toMatrix(weight, plan), false, true), plan));
    return [dx, dWeight];
  });
}

/** The backend's own convolution in groups, and what it is asked for; undefined where it has none for this one. */
function ofBackend({ G, K, stride }: Plan, { padding: [before, after] = [0, 0] }: GroupedConv1dOptions) {
  const kernel = kernels().groupedConvolution;
  if (!kernel || G === 1 || stride > 1 || before >= K || after >= K) return undefined;
  return { kernel, of: { groups: G, before, after } };
}
