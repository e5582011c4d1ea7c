import * as tf from '@tensorflow/tfjs';
import { BYTES_PER_ENTRY, DTYPES_OF, type StoredDtype } from './stored-tensor';

/** What tensors are written as. */
type WrittenDtype = 'F32' | 'I32';

/**
 * What stands before the bytes of tensors of these shapes: the length and the header.
 *
 * @param shapes In the order in which the tensors will follow.
 * @param metadata Kept under `__metadata__`, before the tensors, as Python's safetensors writes it.
 * @param dtypeOf Of the tensor of that key: F32.
 */
export function safetensorsHeader(
  shapes: ReadonlyMap<string, readonly number[]>,
  metadata?: Record<string, string>,
  dtypeOf: (key: string) => StoredDtype = () => 'F32',
): Uint8Array {
  const members = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let end = 0;
  for (const [key, shape] of shapes) {
    const from = end;
    const dtype = dtypeOf(key);
    end += tf.util.sizeFromShape([...shape]) * BYTES_PER_ENTRY[dtype];
    // Member by member: an object would put keys that look like numbers first.
    members.push(`${JSON.stringify(key)}:${JSON.stringify({ dtype, shape, data_offsets: [from, end] })}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, 8);
  return start;
}

/**
 * Writes float32 and int32 tensors, in the order of the map, as the bytes of a safetensors file.
 *
 * @throws If a tensor is of another type, by its name: `toSafetensors mask: expected float32 or int32, got bool`.
 */
export function toSafetensors(tensors: ReadonlyMap<string, tf.Tensor>, metadata?: Record<string, string>): Uint8Array {
  const [start, ...values] = [...safetensorsParts(tensors, metadata)];
  const file = new Uint8Array(values.reduce((size, { length }) => size + length, start!.length));
  let offset = 0;
  for (const part of [start!, ...values]) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** The same bytes one part at a time, the header and then tensor after tensor: a file of gigabytes is never in memory as a whole. */
export function* safetensorsParts(
  tensors: ReadonlyMap<string, tf.Tensor>,
  metadata?: Record<string, string>,
): Generator<Uint8Array> {
  const dtypes = new Map([...tensors].map(([key, { dtype }]) => [key, writtenDtype(key, dtype)]));
  const shapes = new Map([...tensors].map(([key, { shape }]) => [key, shape]));
  yield safetensorsHeader(shapes, metadata, (key) => dtypes.get(key)!);
  for (const tensor of tensors.values()) {
    const values = tensor.dataSync<'float32' | 'int32'>();
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

function writtenDtype(key: string, dtype: tf.DataType): WrittenDtype {
  if (dtype === 'float32' || dtype === 'int32') return DTYPES_OF[dtype][0];
  throw new Error(`toSafetensors ${key}: expected float32 or int32, got ${dtype}`);
}
