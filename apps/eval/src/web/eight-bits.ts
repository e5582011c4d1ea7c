import { parseSafetensors, type StoredTensor, safetensorsHeader, valuesOf } from '@mmolre/nn';

// A file of weights in a quarter of its size. Of a tensor of two axes or more each row, all that one output or one word reads, becomes whole
// numbers of -127 .. 127 and what they are multiples of, its scale; the rest, such as biases and norms, stays as it is.

/** Tensors of fewer numbers stay as they are. */
const LEAST = 1024;
const STEPS = 127;
const SCALE = '.scale';
const FLOATS: readonly string[] = ['F32', 'F16', 'BF16', 'F64'];

type Kept = Pick<StoredTensor, 'dtype' | 'bytes'> & { shape: readonly number[] };

/**
 * @param file A safetensors file.
 * @param name What error messages call it.
 * @returns One with tensors of I8, each followed by its scales, one a row, in float32.
 */
export function toEightBits(file: Uint8Array, name: string): Uint8Array {
  const kept = new Map<string, Kept>();
  for (const [key, stored] of parseSafetensors(file, name)) {
    const { dtype, shape } = stored;
    const isMatrix = FLOATS.includes(dtype) && shape.length >= 2;
    const values = isMatrix ? (valuesOf(stored) as Float32Array) : new Float32Array();
    if (values.length < LEAST) {
      kept.set(key, stored);
      continue;
    }
    const [rows, width] = [shape[0]!, values.length / shape[0]!];
    const scales = new Float32Array(rows);
    const whole = new Int8Array(values.length);
    for (let row = 0; row < rows; row++) {
      const numbers = values.subarray(row * width, (row + 1) * width);
      const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      scales[row] = largest / STEPS;
      if (largest === 0) continue;
      whole.set(
        numbers.map((value) => Math.round(value / scales[row]!)),
        row * width,
      );
    }
    kept.set(key, { dtype: 'I8', shape, bytes: bytesOf(whole) });
    kept.set(key + SCALE, { dtype: 'F32', shape: [rows], bytes: bytesOf(scales) });
  }
  return fileOf(kept);
}

/** The file in float32 that `toEightBits` leaves of one: what a model reads. @throws One line, as `parseSafetensors`. */
export function fromEightBits(file: Uint8Array, name: string): Uint8Array {
  const stored = parseSafetensors(file, name);
  const isScale = (key: string) => key.endsWith(SCALE) && stored.get(key.slice(0, -SCALE.length))?.dtype === 'I8';
  const kept = new Map<string, Kept>();
  for (const [key, tensor] of stored) {
    if (isScale(key)) continue;
    if (tensor.dtype !== 'I8') kept.set(key, tensor);
    else kept.set(key, { dtype: 'F32', shape: tensor.shape, bytes: bytesOf(restored(key, tensor, stored, name)) });
  }
  return fileOf(kept);
}

function restored(
  key: string,
  { bytes, shape }: StoredTensor,
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
): Float32Array {
  const found = stored.get(key + SCALE);
  if (!found || found.shape[0] !== shape[0]) throw new Error(`${name}: expected a scale for each row of '${key}'`);
  const scales = valuesOf(found);
  const whole = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = whole.length / shape[0]!;
  return Float32Array.from(whole, (value, i) => value * scales[Math.floor(i / width)]!);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

function fileOf(kept: ReadonlyMap<string, Kept>): Uint8Array {
  const shapes = new Map([...kept].map(([key, { shape }]) => [key, shape]));
  const header = safetensorsHeader(shapes, undefined, (key) => kept.get(key)!.dtype);
  const size = [...kept.values()].reduce((sum, { bytes }) => sum + bytes.length, header.length);
  const file = new Uint8Array(size);
  file.set(header);
  let at = header.length;
  for (const { bytes } of kept.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
