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
    TF_INT32: number;
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
 * @param a Or what `rounded` made of it, as `b`.
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
  const inBf16 = (x: tf.Tensor) => {
    if (isRounded(x)) {
      const id = unpaired(native().getInputTensorIds([x])[0]!, x.shape);
      passing.push(id);
      return id;
    }
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
    const attributes = { transpose_a: transposeA, transpose_b: transposeB, T: BFLOAT16 };
    const { id } = run('MatMul', [inBf16(a), inBf16(b)], attributes);
    passing.push(id);
    return native().createOutputTensor(cast(id, BFLOAT16, binding.TF_FLOAT));
  } finally {
    for (const id of passing) binding.deleteTensor(id);
  }
}

/**
 * A matrix rounded to bfloat16, in half the memory: of tfjs' types it has int32, two numbers an entry.
 *
 * @param x [n, d], d even.
 * @returns [n, d / 2]
 */
export function rounded(x: tf.Tensor): tf.Tensor {
  const { binding } = native();
  const [n, d] = x.shape as [number, number];
  const { id } = cast(native().getInputTensorIds([x])[0]!, binding.TF_FLOAT, BFLOAT16);
  const pairs = reshape(id, [n, d / 2, 2]);
  const joined = bitcast(pairs, BFLOAT16, binding.TF_INT32);
  for (const passing of [id, pairs]) binding.deleteTensor(passing);
  const output = native().createOutputTensor(joined);
  ofPairs.add(output.dataId);
  return output;
}

/** What stands behind the tensors that `rounded` made. */
const ofPairs = new WeakSet<tf.DataId>();

export const isRounded = (x: tf.Tensor): boolean => ofPairs.has(x.dataId);

/** Of what `rounded` made, its numbers in float32: [n, d / 2] -> [n, d]; anything else as it is. */
export function widened(x: tf.Tensor): tf.Tensor {
  if (!isRounded(x)) return x;
  const { binding } = native();
  const id = unpaired(native().getInputTensorIds([x])[0]!, x.shape);
  const output = cast(id, BFLOAT16, binding.TF_FLOAT);
  binding.deleteTensor(id);
  return native().createOutputTensor(output);
}

/** Pairs [n, d / 2] as bfloat16 [n, d]; nothing is copied. */
function unpaired(id: number, [n, pairs]: readonly number[]): number {
  const { binding } = native();
  const parts = bitcast(id, binding.TF_INT32, BFLOAT16).id;
  const whole = reshape(parts, [n!, 2 * pairs!]);
  binding.deleteTensor(parts);
  return whole;
}

/** Frees the copies of the data for which it is asked: of all. */
export function freeCopies(copies: Bf16Copies, isAsked: (dataId: tf.DataId) => boolean = () => true): void {
  for (const [dataId, id] of copies) {
    if (!isAsked(dataId)) continue;
    native().binding.deleteTensor(id);
    copies.delete(dataId);
  }
}

const cast = (id: number, from: number, to: number): Output =>
  run('Cast', [id], { SrcT: from, DstT: to, Truncate: false });

const bitcast = (id: number, from: number, to: number): Output => run('Bitcast', [id], { T: from, type: to });

function reshape(id: number, shape: number[]): number {
  const { binding } = native();
  return tf.tidy(() => {
    const to = native().getInputTensorIds([tf.tensor1d(shape, 'int32')])[0]!;
    return run('Reshape', [id, to], { T: BFLOAT16, Tshape: binding.TF_INT32 }).id;
  });
}

/** @param attributes A number is a type. */
function run(name: string, inputs: number[], attributes: Record<string, number | boolean>): Output {
  const { binding } = native();
  const typed = Object.entries(attributes).map(([name, value]) => {
    const type = typeof value === 'number' ? binding.TF_ATTR_TYPE : binding.TF_ATTR_BOOL;
    return { name, type, value };
  });
  return binding.executeOp(name, typed, inputs, 1)[0]!;
}

const native = () => tf.backend() as unknown as NativeBackend;
