import * as tf from '@tensorflow/tfjs';

/** Makes a kernel of a backend give zeros, without an error. @returns What mends it. */
export function breakKernel(backendName: string, kernelName: string): () => void {
  const kernel = tf.getKernel(kernelName, backendName);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...kernel,
    kernelFunc: (params) => {
      const backend = params.backend as tf.KernelBackend;
      const results = [kernel.kernelFunc(params)].flat();
      const zeros = results.map(({ dataId, shape, dtype }) => {
        backend.disposeData(dataId);
        const values = tf.util.makeZerosTypedArray(tf.util.sizeFromShape(shape), dtype as 'float32');
        return { dataId: backend.write(values, shape, dtype), shape, dtype };
      });
      return zeros.length === 1 ? zeros[0]! : zeros;
    },
  });
  return () => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(kernel);
  };
}
