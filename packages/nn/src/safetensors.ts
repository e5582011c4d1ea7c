import * as tf from '@tensorflow/tfjs';
import { mapLeaves, type Params } from './params';

// The safetensors format: 8 bytes header length (little endian), a JSON header, then the tensors' bytes.

const MAX_HEADER_BYTES = 8 * 1024 * 1024;
const BYTES_PER_ENTRY: Record<string, number> = { F32: 4, F16: 2, I32: 4 };

/** One tensor of a file: its bytes are a view, not a copy. */
export type StoredTensor = { dtype: 'F32' | 'F16' | 'I32'; shape: number[]; bytes: Uint8Array };

type HeaderEntry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/**
 * Reads a safetensors file. Nothing is allocated for a tensor whose claim does not fit the file.
 *
 * @param name What error messages call the file.
 * @throws One line that says what is wrong: too short, header too long or no JSON, unknown dtype, shape and bytes that disagree,
 *   overlapping or missing bytes.
 */
export function parseSafetensors(file: Uint8Array, name: string): Map<string, StoredTensor> {
  const fail = (problem: string): never => {
    throw new Error(`${name}: not a readable safetensors file: ${problem.replace(/[\s\p{Cc}]+/gu, ' ')}`);
  };
  if (file.length < 8) fail(`expected at least 8 bytes, found ${file.length}`);
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerLength > Math.min(file.length - 8, MAX_HEADER_BYTES)) {
    fail(`its header claims ${headerLength} bytes, the file has ${file.length} (cut short?)`);
  }
  let header: Record<string, HeaderEntry> = {};
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + headerLength)));
  } catch {
    fail('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) fail('its header is not a JSON object');
  const data = file.subarray(8 + headerLength);
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  const entries = Object.entries(header).filter(([key]) => key !== '__metadata__');
  for (const [key, entry] of entries) checkEntry(key, entry, fail);
  // An empty tensor starts where another does: by the end, too.
  entries.sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  for (const [key, entry] of entries) {
    const [from, to] = entry.data_offsets;
    if (from !== end) fail(`'${key}' starts at byte ${from}, expected ${end}`);
    if (to > data.length) fail(`'${key}' ends at byte ${to}, the file has ${data.length} bytes of data (cut short?)`);
    end = to;
    tensors.set(key, {
      dtype: entry.dtype as StoredTensor['dtype'],
      shape: entry.shape,
      bytes: data.subarray(from, to),
    });
  }
  if (end !== data.length) fail(`${data.length - end} bytes follow the last tensor`);
  return tensors;
}

function checkEntry(key: string, entry: HeaderEntry, fail: (problem: string) => never): void {
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  const entryBytes = BYTES_PER_ENTRY[dtype];
  if (!entryBytes) fail(`'${key}' has dtype ${dtype}, expected one of ${Object.keys(BYTES_PER_ENTRY).join(', ')}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(`'${key}' has no proper shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) fail(`'${key}' has no proper offsets`);
  const wanted = shape.reduce((product, size) => product * size, entryBytes!);
  if (!Number.isSafeInteger(wanted) || wanted !== offsets[1] - offsets[0]) {
    fail(`'${key}' of shape [${shape.join(', ')}] needs ${wanted} bytes, its offsets span ${offsets[1] - offsets[0]}`);
  }
}

/** A stored tensor as a tfjs tensor; half precision is read into float32. */
export function toTensor({ dtype, shape, bytes }: StoredTensor): tf.Tensor {
  const aligned = new Uint8Array(bytes).buffer; // a copy: typed arrays need aligned bytes
  if (dtype === 'I32') return tf.tensor(new Int32Array(aligned), shape, 'int32');
  const values = dtype === 'F32' ? new Float32Array(aligned) : Float32Array.from(new Uint16Array(aligned), halfToFloat);
  return tf.tensor(values, shape, 'float32');
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes float32 tensors, in the order of the map, as the bytes of a safetensors file. */
export function toSafetensors(tensors: ReadonlyMap<string, tf.Tensor>): Uint8Array {
  const header: Record<string, HeaderEntry> = {};
  let end = 0;
  for (const [key, tensor] of tensors) {
    header[key] = { dtype: 'F32', shape: tensor.shape, data_offsets: [end, end + tensor.size * 4] };
    end += tensor.size * 4;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + ' '.repeat((8 - (json.length % 8)) % 8));
  const file = new Uint8Array(8 + text.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let offset = 8 + text.length;
  for (const tensor of tensors.values()) {
    const values = tensor.dataSync() as Float32Array;
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

/**
 * A tree like `template` with the values of a file; strict.
 *
 * @param prefix Put before each path to make the file's key.
 * @throws One error that lists every missing, unexpected and misshapen tensor.
 */
export function fillParams<P extends Params>(
  template: P,
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  prefix = '',
): P {
  const problems: string[] = [];
  const expected = new Set<string>();
  mapLeaves(template, (leaf, path) => {
    const key = prefix + path;
    expected.add(key);
    const found = stored.get(key);
    if (!found) problems.push(`missing ${key}`);
    else if (found.shape.join() !== leaf.shape.join()) {
      problems.push(`${key}: expected [${leaf.shape.join(', ')}], found [${found.shape.join(', ')}]`);
    }
    return leaf;
  });
  for (const key of stored.keys()) if (key.startsWith(prefix) && !expected.has(key)) problems.push(`unexpected ${key}`);
  if (problems.length > 0) throw new Error(`${name}: does not fit the model: ${problems.join('; ')}`);
  return mapLeaves(template, (_, path) => toTensor(stored.get(prefix + path)!));
}
