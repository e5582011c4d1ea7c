import * as tf from '@tensorflow/tfjs';
import { mixSeed } from '../random';
import { attentionByProducts, plainHeads } from './attention-by-products';
import { nativeKernel } from './native-kernel';
import { asOneVector, type VectorMoments } from './one-vector';
import { plain } from './plain';
import type { Kernels } from './types';

/** By TensorFlow's own kernels, each of which does at once what takes many plain operations. */
export const native: Kernels = {
  ...plain,
  drawKept,
  product,
  ...attentionByProducts({ product, drop: plain.drop, ...plainHeads(plain.takeRows) }),
  sumRows,
  adamMoments: asOneVector(vectorMoments, plain.split),
};

/** Beyond this, drawing in JavaScript costs more than it should of a step. */
const LARGE = 1_000_000;

/** A large draw is by TensorFlow's counter-based generator: on all cores, and the same for every number of them. */
function drawKept(shape: number[], rate: number, seed: number): tf.Tensor {
  if (tf.util.sizeFromShape(shape) <= LARGE) return plain.drawKept(shape, rate, seed);
  return tf.tidy(() => {
    const seeds = tf.tensor1d([seed | 0, mixSeed(seed, 1)], 'int32');
    const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
    const inputs = [tf.tensor1d(shape, 'int32'), seeds];
    const [uniform] = nativeKernel('StatelessRandomUniform', attributes, inputs);
    return tf.greaterEqual(uniform!, rate);
  });
}

/** Of two matrices by `MatMul`, which is up to a third faster than the batched product that tfjs always takes. */
function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  if (a.rank !== 2 || b.rank !== 2) return tf.matMul(a, b, transposeA, transposeB);
  const attributes = { T: 'float32', transpose_a: transposeA, transpose_b: transposeB };
  return nativeKernel('MatMul', attributes, [a, b])[0]!;
}

function sumRows(rows: tf.Tensor2D): tf.Tensor1D {
  return nativeKernel('BiasAddGrad', { T: 'float32', data_format: 'NHWC' }, [rows])[0] as tf.Tensor1D;
}

let numResources = 0;

/** By `ResourceApplyAdam`, which updates its variables in place. */
function vectorMoments(first: tf.Tensor1D, second: tf.Tensor1D): VectorMoments {
  const shape = first.shape;
  const resource = () => {
    const attributes = { container: '', shared_name: `mmolre/adam/${numResources++}`, dtype: 'float32', shape };
    return tf.keep(nativeKernel('VarHandleOp', attributes, [])[0]!);
  };
  const assign = (handle: tf.Tensor, value: tf.Tensor) =>
    nativeKernel('AssignVariableOp', { dtype: 'float32' }, [handle, value], 0);
  const read = (handle: tf.Tensor) => nativeKernel('ReadVariableOp', { dtype: 'float32' }, [handle])[0] as tf.Tensor1D;
  const handles = [resource(), resource(), resource()] as const;
  const [weights, means, squares] = handles;
  // Sharing a buffer with a tensor is no harm: the kernel copies what is shared before it writes.
  assign(means, first);
  assign(squares, second);
  return {
    step: (value, grad, { learningRate, weightDecay, beta1, beta2, epsilon, count }) =>
      tf.tidy(() => {
        const decayed = tf.mul(value, 1 - learningRate * weightDecay);
        assign(weights, decayed);
        decayed.dispose(); // now the kernel is alone with it, and writes in place
        // TensorFlow adds epsilon to the uncorrected root, PyTorch to the corrected one.
        const correction = Math.sqrt(1 - beta2 ** count);
        const numbers = [beta1 ** count, beta2 ** count, learningRate, beta1, beta2, epsilon * correction];
        const inputs = [...handles, ...numbers.map((number) => tf.scalar(number)), grad];
        nativeKernel('ResourceApplyAdam', { T: 'float32', use_locking: false, use_nesterov: false }, inputs, 0);
        return read(weights);
      }),
    read: () => [read(means), read(squares)],
    dispose() {
      for (const handle of handles) nativeKernel('DestroyResourceOp', { ignore_lookup_error: true }, [handle], 0);
      tf.dispose(handles as unknown as tf.Tensor[]);
    },
  };
}
