import * as tf from '@tensorflow/tfjs';

/** The part of the native backend by which any TensorFlow kernel can be called by its name. */
type NativeBackend = {
  binding: Record<
    'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_SHAPE' | 'TF_ATTR_BOOL' | 'TF_ATTR_FLOAT' | 'TF_FLOAT' | 'TF_INT32',
    number
  >;
  executeMultipleOutputs(name: string, attributes: object[], inputs: tf.Tensor[], numOutputs: number): tf.Tensor[];
};

/**
 * Runs a TensorFlow kernel on the native backend. It has no gradient.
 *
 * @param attributes A number is a float, a number array a shape, 'float32' and 'int32' are types, any other string is one.
 */
export function nativeKernel(
  name: string,
  attributes: Record<string, string | boolean | number | readonly number[]>,
  inputs: tf.Tensor[],
  numOutputs = 1,
): tf.Tensor[] {
  const { binding } = native();
  const types: Record<string, number> = { float32: binding.TF_FLOAT, int32: binding.TF_INT32 };
  const list = Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
    if (typeof value === 'number') return { name, type: binding.TF_ATTR_FLOAT, value };
    if (typeof value !== 'string') return { name, type: binding.TF_ATTR_SHAPE, value };
    if (value in types) return { name, type: binding.TF_ATTR_TYPE, value: types[value] };
    return { name, type: binding.TF_ATTR_STRING, value };
  });
  return native().executeMultipleOutputs(name, list, inputs, numOutputs);
}

const native = () => tf.backend() as unknown as NativeBackend;
