import { onOneLine } from './on-one-line';
import { BYTES_PER_ENTRY, type StoredDtype, type StoredTensor } from './stored-tensor';

// The safetensors format: 8 bytes header length (little endian), a JSON header, then the tensors' bytes.

/** A header beyond this is refused: a checkpoint of a thousand tensors has one of 0.1 MB. */
export const MAX_HEADER_BYTES = 8 * 1024 * 1024;

/** Where one tensor lies: from byte `from` up to byte `to` of what follows the header. */
export type StoredEntry = { dtype: StoredDtype; shape: number[]; from: number; to: number };

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
  throw new Error(`${name}: not a readable safetensors file: ${onOneLine(problem).slice(0, 1_000)}`);
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
