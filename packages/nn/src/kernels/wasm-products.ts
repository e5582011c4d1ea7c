import * as tf from '@tensorflow/tfjs';

/** The part of the wasm backend that its own kernels use: memory by its offset, and tensors by numbers that its C++ knows them by. */
type WasmBackend = {
  wasm: {
    cwrap(name: string, result: null, types: readonly string[]): (...values: (number | Uint8Array)[]) => void;
    tfjs: { registerTensor(id: number, size: number, offset: number): void; disposeData(id: number): void };
  };
  dataIdNextNumber: number;
  dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
};

const BYTES = 4;
/** A product's arguments: of each side its number, its shape and its rank; whether each is transposed; the number of the result. */
const ARGUMENTS = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];

/**
 * The products of two batches' matrices one by one, [..., M, K] and [..., K, N] -> [..., M, N], where they lie: a tensor for each would take several
 * times as long as its product. It has no gradient.
 */
export function eachProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const backend = tf.backend() as unknown as WasmBackend;
  const [M, K] = a.shape.slice(-2) as [number, number];
  const N = b.shape.at(-1)!;
  const result = backend.makeOutput([...a.shape.slice(0, -1), N], 'float32');
  const multiply = backend.wasm.cwrap('BatchMatMul', null, ARGUMENTS);
  const { registerTensor, disposeData } = backend.wasm.tfjs;
  const places = [a.dataId, b.dataId, result.dataId].map((dataId) => backend.dataIdMap.get(dataId).memoryOffset);
  const sizes = [M * K, K * N, M * N];
  const ids = sizes.map(() => backend.dataIdNextNumber++) as [number, number, number];
  const [left, right, product] = ids;
  const [leftShape, rightShape] = [bytesOf([1, M, K]), bytesOf([1, K, N])];
  for (let i = 0; i < a.size / (M * K); i++) {
    ids.forEach((id, side) => {
      registerTensor(id, sizes[side]!, places[side]! + i * sizes[side]! * BYTES);
    });
    multiply(left, leftShape, 3, right, rightShape, 3, 0, 0, product);
    for (const id of ids) disposeData(id); // the number, and what was prepared of the right side; not the memory
  }
  return tf.engine().makeTensorFromDataId(result.dataId, result.shape, 'float32');
}

const bytesOf = (shape: readonly number[]) => new Uint8Array(Int32Array.from(shape).buffer);
