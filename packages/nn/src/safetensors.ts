import * as tf from '@tensorflow/tfjs';
import { mapLeaves, type Params } from './params';

// The safetensors format: 8 bytes header length (little endian), a JSON header, then the tensors' bytes.

/** A header beyond this is refused: a checkpoint of a thousand tensors has one of 0.1 MB. */
export const MAX_HEADER_BYTES = 8 * 1024 * 1024;

/** Every dtype of the format. What `toTensor` cannot turn into numbers of tfjs may still stand in a file beside the model's own. */
const BYTES_PER_ENTRY = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1 },
  ...{ I16: 2, U16: 2, F16: 2, BF16: 2 },
  ...{ I32: 4, U32: 4, F32: 4 },
  ...{ I64: 8, U64: 8, F64: 8 },
} as const;

export type StoredDtype = keyof typeof BYTES_PER_ENTRY;

/** Where one tensor lies: from byte `from` up to byte `to` of what follows the header. */
export type StoredEntry = { dtype: StoredDtype; shape: number[]; from: number; to: number };

/** One tensor of a file: its bytes are a view, not a copy. */
export type StoredTensor = { dtype: StoredDtype; shape: number[]; bytes: Uint8Array };

type HeaderEntry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/**
 * Reads a safetensors file. Nothing is allocated for a tensor whose claim does not fit the file.
 *
 * @param name What error messages call the file.
 * @throws One line that says what is wrong: too short, header too long or no JSON, a name twice, unknown dtype, shape and bytes that
 *   disagree, overlapping or missing bytes.
 */
export function parseSafetensors(file: Uint8Array, name: string): Map<string, StoredTensor> {
  const headerLength = safetensorsHeaderLength(file.subarray(0, 8), file.length, name);
  const data = file.subarray(8 + headerLength);
  const { entries } = parseSafetensorsHeader(file.subarray(8, 8 + headerLength), data.length, name);
  return new Map(
    [...entries].map(([key, { dtype, shape, from, to }]) => [key, { dtype, shape, bytes: data.subarray(from, to) }]),
  );
}

/**
 * The length of the header, which begins at byte 8.
 *
 * @param start The file's first 8 bytes (fewer, if it has fewer).
 * @param fileLength Bytes of the whole file.
 * @throws If the file cannot hold a header of the length it claims.
 */
export function safetensorsHeaderLength(start: Uint8Array, fileLength: number, name: string): number {
  if (start.length < 8) unreadable(name, `expected at least 8 bytes, found ${start.length}`);
  const claimed = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (claimed > fileLength - 8) {
    unreadable(name, `its header claims ${claimed} bytes, the file has ${fileLength} (cut short?)`);
  }
  if (claimed > MAX_HEADER_BYTES) {
    unreadable(name, `its header claims ${claimed} bytes, more than the ${MAX_HEADER_BYTES} that are read`);
  }
  return claimed;
}

/**
 * The tensors that a header names, in the order of their bytes, once every claim is checked.
 *
 * @param header The JSON, without the 8 bytes before it.
 * @param dataLength Bytes that follow the header.
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  dataLength: number,
  name: string,
): { metadata: Record<string, string>; entries: Map<string, StoredEntry> } {
  const fail = (problem: string): never => unreadable(name, problem);
  let text = '';
  let json: Record<string, HeaderEntry> = {};
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
    json = JSON.parse(text);
  } catch {
    fail('its header is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) fail('its header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== undefined) fail(`its header names '${twice}' twice`);
  const named = Object.entries(json).filter(([key]) => key !== '__metadata__');
  for (const [key, entry] of named) checkEntry(key, entry, fail);
  // An empty tensor starts where another does: by the end, too.
  named.sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  const entries = new Map<string, StoredEntry>();
  let end = 0;
  for (const [key, { dtype, shape, data_offsets }] of named) {
    const [from, to] = data_offsets;
    if (from !== end) fail(`'${key}' starts at byte ${from}, expected ${end}`);
    if (to > dataLength) fail(`'${key}' ends at byte ${to}, the file has ${dataLength} bytes of data (cut short?)`);
    end = to;
    entries.set(key, { dtype: dtype as StoredDtype, shape, from, to });
  }
  if (end !== dataLength) fail(`${dataLength - end} bytes follow the last tensor`);
  const metadata = (Object.hasOwn(json, '__metadata__') ? json.__metadata__ : {}) as unknown as Record<string, string>;
  if (typeof metadata !== 'object' || metadata === null) fail('its metadata is not a JSON object');
  return { metadata, entries };
}

function unreadable(name: string, problem: string): never {
  throw new Error(`${name}: not a readable safetensors file: ${problem.replace(/[\s\p{Cc}]+/gu, ' ')}`);
}

/** The first key that an object of this JSON text has twice: `JSON.parse` would keep the last one without a word. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // a set for each object around, undefined for each array
  let string = '';
  for (let at = 0; at < json.length; at++) {
    const character = json[at]!;
    if (character === '"') {
      let end = at + 1;
      while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
      string = json.slice(at, end + 1);
      at = end;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const key: string = JSON.parse(string);
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function checkEntry(key: string, entry: HeaderEntry, fail: (problem: string) => never): void {
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (!Object.hasOwn(BYTES_PER_ENTRY, dtype)) {
    fail(`'${key}' has dtype ${dtype}, expected one of ${Object.keys(BYTES_PER_ENTRY).join(', ')}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(`'${key}' has no proper shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) fail(`'${key}' has no proper offsets`);
  const wanted = shape.reduce<number>((product, size) => product * size, BYTES_PER_ENTRY[dtype as StoredDtype]);
  if (!Number.isSafeInteger(wanted) || wanted !== offsets[1] - offsets[0]) {
    fail(`'${key}' of shape [${shape.join(', ')}] needs ${wanted} bytes, its offsets span ${offsets[1] - offsets[0]}`);
  }
}

/**
 * A stored tensor as a tfjs tensor; half precision, bfloat16 and double precision are read into float32.
 *
 * @throws If its dtype has no counterpart (64-bit integers, 8-bit numbers).
 */
export function toTensor({ dtype, shape, bytes }: StoredTensor): tf.Tensor {
  // Typed arrays need aligned bytes of their own: those of a part of a file are copied, those of a whole buffer are taken.
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const buffer = (whole ? bytes : new Uint8Array(bytes)).buffer as ArrayBuffer;
  if (dtype === 'I32') return tf.tensor(new Int32Array(buffer), shape, 'int32');
  return tf.tensor(toFloats(dtype, buffer), shape, 'float32');
}

function toFloats(dtype: StoredDtype, buffer: ArrayBuffer): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case 'BF16': {
      // The upper half of a float32.
      const words = new Uint16Array(buffer);
      const bits = new Uint32Array(words.length);
      for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
      return new Float32Array(bits.buffer);
    }
    default:
      throw new Error(`a tensor of dtype ${dtype} cannot be read, expected one of F32, F16, BF16, F64, I32`);
  }
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * What stands before the bytes of float32 tensors of these shapes: the length and the header.
 *
 * @param shapes In the order in which the tensors will follow.
 * @param metadata Kept under `__metadata__`, before the tensors, as Python's safetensors writes it.
 */
export function safetensorsHeader(
  shapes: ReadonlyMap<string, readonly number[]>,
  metadata?: Record<string, string>,
): Uint8Array {
  const members = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let end = 0;
  for (const [key, shape] of shapes) {
    const from = end;
    end += tf.util.sizeFromShape([...shape]) * 4;
    // Member by member: an object would put keys that look like numbers first.
    members.push(`${JSON.stringify(key)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [from, end] })}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(json, 8);
  return start;
}

/** Writes float32 tensors, in the order of the map, as the bytes of a safetensors file. */
export function toSafetensors(tensors: ReadonlyMap<string, tf.Tensor>, metadata?: Record<string, string>): Uint8Array {
  const start = safetensorsHeader(new Map([...tensors].map(([key, { shape }]) => [key, shape])), metadata);
  const size = [...tensors.values()].reduce((sum, tensor) => sum + tensor.size * 4, start.length);
  const file = new Uint8Array(size);
  file.set(start);
  let offset = start.length;
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
