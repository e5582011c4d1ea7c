import * as tf from '@tensorflow/tfjs';
import { isNative, nativeKernel } from './native';

export type AdamStep = {
  learningRate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** This step's number, from 1. */
  count: number;
};

/** Adam's two running means for a vector of weights. */
export type Moments = {
  /** Takes the gradient in and returns the new value; `value` stays as it is. */
  step(value: tf.Tensor1D, grad: tf.Tensor1D, step: AdamStep): tf.Tensor1D;
  /** The two means, as new tensors. */
  read(): [first: tf.Tensor1D, second: tf.Tensor1D];
  dispose(): void;
};

/** Moments that start from the given ones, which the caller still owns. On the native backend one kernel does the whole step. */
export function adamMoments(first: tf.Tensor1D, second: tf.Tensor1D): Moments {
  return isNative() ? nativeMoments(first, second) : plainMoments(first, second);
}

/** By plain operations, on any backend; what a step computes on the way is freed as it goes. */
export function plainMoments(first: tf.Tensor1D, second: tf.Tensor1D): Moments {
  let moments = [tf.keep(tf.clone(first)), tf.keep(tf.clone(second))] as [tf.Tensor1D, tf.Tensor1D];
  const blend = (mean: tf.Tensor, news: tf.Tensor, beta: number) =>
    tf.tidy(() => tf.add(tf.mul(mean, beta), tf.mul(news, 1 - beta))) as tf.Tensor1D;
  return {
    step(value, grad, { learningRate, weightDecay, beta1, beta2, epsilon, count }) {
      const [first, second] = tf.tidy(() => [
        blend(moments[0], grad, beta1),
        blend(moments[1], tf.square(grad), beta2),
      ]);
      tf.dispose(moments);
      moments = [tf.keep(first!), tf.keep(second!)];
      return tf.tidy(() => {
        const root = tf.tidy(() => tf.add(tf.mul(tf.sqrt(second!), 1 / Math.sqrt(1 - beta2 ** count)), epsilon));
        const change = tf.tidy(() => tf.div(tf.mul(first!, learningRate / (1 - beta1 ** count)), root));
        root.dispose();
        return tf.sub(tf.mul(value, 1 - learningRate * weightDecay), change) as tf.Tensor1D;
      });
    },
    read: () => [tf.clone(moments[0]), tf.clone(moments[1])],
    dispose: () => tf.dispose(moments),
  };
}

let numResources = 0;

/** By TensorFlow's `ResourceApplyAdam`, which updates its variables in place. */
function nativeMoments(first: tf.Tensor1D, second: tf.Tensor1D): Moments {
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
