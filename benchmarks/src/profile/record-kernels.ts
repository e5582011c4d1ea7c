import * as tf from '@tensorflow/tfjs';
import type { KernelCall } from './products';

type Attribute = { name: string; value: unknown };
type Execute<R> = (name: string, attributes: Attribute[], inputs: tf.TensorInfo[], numOutputs: number) => R;
/** Through these two the native backend runs every kernel. */
type NativeBackend = { executeSingleOutput: Execute<tf.TensorInfo>; executeMultipleOutputs: Execute<tf.TensorInfo[]> };

/** Does it on the native backend, and notes every kernel's call; kernels run one after another there. */
export function recordKernels(run: () => void): KernelCall[] {
  const backend = tf.backend() as unknown as NativeBackend;
  const calls: KernelCall[] = [];
  function recorded<R extends tf.TensorInfo | tf.TensorInfo[]>(execute: Execute<R>): Execute<R> {
    return (kernel, attributes, inputs, numOutputs) => {
      const start = performance.now();
      const result = execute.call(backend, kernel, attributes, inputs, numOutputs);
      const ms = performance.now() - start;
      const isSet = (...names: string[]) =>
        attributes.some(({ name, value }) => names.includes(name) && value === true);
      const outputs: tf.TensorInfo[] = Array.isArray(result) ? result : [result];
      calls.push({
        kernel,
        ms,
        shapes: { inputs: inputs.map(({ shape }) => shape ?? []), output: outputs[0]?.shape ?? [] },
        transposed: { a: isSet('adj_x', 'transpose_a'), b: isSet('adj_y', 'transpose_b') },
      });
      return result;
    };
  }
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  backend.executeSingleOutput = recorded(executeSingleOutput);
  backend.executeMultipleOutputs = recorded(executeMultipleOutputs);
  try {
    run();
  } finally {
    backend.executeSingleOutput = executeSingleOutput;
    backend.executeMultipleOutputs = executeMultipleOutputs;
  }
  return calls;
}
