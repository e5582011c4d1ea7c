import * as tf from '@tensorflow/tfjs';

// tfjs knows no bfloat16: such tensors are ids of the native backend's addon, which are made and freed in here.

/** `TF_BFLOAT16` of TensorFlow's C API. */
const BFLOAT16 = 14;

/**
 * bfloat16 copies of weights, by their data. What is behind a dataId never changes: a variable that is assigned gets another one, so that no
 * copy can be stale.
 */
export type Bf16Copies = Map<tf.DataId, number>;

type Attribute = { name: string; type: number; value: number | boolean };
type NativeBackend = {
  binding: {
    TF_ATTR_TYPE: number;
    TF_ATTR_BOOL: number;
    TF_FLOAT: number;
    executeOp(name: string, attributes: Attribute[], inputs: number[], numOutputs: number): Output[];
    deleteTensor(id: number): void;
  };
  tensorMap: { has(dataId: tf.DataId): boolean };
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(output: Output): tf.Tensor;
};
type Output = { id: number; shape: number[]; dtype: number };

/**
 * A matrix product on the native backend with both matrices rounded to bfloat16, added up in float32, and its entries rounded once more. It has no
 * gradient.
 *
 * @param copies Gets a copy of each matrix that is a variable: it is rounded once.
 * @returns float32
 */
export function bf16Product(
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA: boolean,
  transposeB: boolean,
  copies: Bf16Copies,
): tf.Tensor {
  const { binding } = native();
  const passing: number[] = [];
  const rounded = (x: tf.Tensor) => {
    const known = copies.get(x.dataId);
    if (known !== undefined) return known;
    const { id } = cast(native().getInputTensorIds([x])[0]!, binding.TF_FLOAT, BFLOAT16);
    if (!(x instanceof tf.Variable)) passing.push(id);
    else {
      freeCopies(copies, (dataId) => !native().tensorMap.has(dataId));
      copies.set(x.dataId, id);
    }
    return id;
  };
  try {
    const attributes = [
      { name: 'transpose_a', type: binding.TF_ATTR_BOOL, value: transposeA },
      { name: 'transpose_b', type: binding.TF_ATTR_BOOL, value: transposeB },
      { name: 'T', type: binding.TF_ATTR_TYPE, value: BFLOAT16 },
    ];
    const [product] = binding.executeOp('MatMul', attributes, [rounded(a), rounded(b)], 1);
    passing.push(product!.id);
    return native().createOutputTensor(cast(product!.id, BFLOAT16, binding.TF_FLOAT));
  } finally {
    for (const id of passing) binding.deleteTensor(id);
  }
}

/** Frees the copies of the data for which it is asked: of all. */
export function freeCopies(copies: Bf16Copies, isAsked: (dataId: tf.DataId) => boolean = () => true): void {
  for (const [dataId, id] of copies) {
    if (!isAsked(dataId)) continue;
    native().binding.deleteTensor(id);
    copies.delete(dataId);
  }
}

function cast(id: number, from: number, to: number): Output {
  const { binding } = native();
  const attributes = [
    { name: 'SrcT', type: binding.TF_ATTR_TYPE, value: from },
    { name: 'DstT', type: binding.TF_ATTR_TYPE, value: to },
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  return binding.executeOp('Cast', attributes, [id], 1)[0]!;
}

const native = () => tf.backend() as unknown as NativeBackend;
