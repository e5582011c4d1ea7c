import { parseSafetensors, type StoredEntry, toTensor } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import { shownValue } from './config-fields';

/**
 * Where the files of a model or a run are: a folder (`folderPlace` of `@mmolre/encoders/node`), an address (`httpPlace`) or memory (`memoryPlace`). Names of files
 * are relative, `/` between folders.
 */
export type Place = {
  /** As messages call it: `runs/mine/text`. */
  name: string;
  has(file: string): Promise<boolean>;
  /** A file's bytes; undefined if there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** A file of tensors, its header checked; undefined if there is no such file. */
  tensors(file: string): Promise<TensorFile | undefined>;
  /** SHA-256, in hexadecimal, of those of the files that are there: of each its name, a space and its bytes. */
  hash(files: readonly string[]): Promise<string>;
  below(folder: string): Place;
};

/** A safetensors file; its tensors are read one at a time. */
export type TensorFile = {
  /** As messages call it. */
  name: string;
  entries: ReadonlyMap<string, Pick<StoredEntry, 'dtype' | 'shape'>>;
  /** One of its tensors, in float32. */
  read(key: string): Promise<tf.Tensor>;
  close(): Promise<void>;
};

/** How messages call a file of a place. */
export const nameAt = ({ name }: Place, file: string): string => `${name}/${file}`;

/** A file's text; undefined if there is no such file. */
export async function readTextAt(place: Place, file: string): Promise<string | undefined> {
  const bytes = await place.read(file);
  return bytes && new TextDecoder().decode(bytes);
}

/** A file's JSON object; undefined if there is no such file. @throws If it is something else. */
export async function readJsonAt(place: Place, file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readTextAt(place, file);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${nameAt(place, file)}: expected JSON, found something else (cut short?)`);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new Error(`${nameAt(place, file)}: expected a JSON object, found ${shownValue(json)}`);
}

/** The same of a file that must be there. @param expected Such as `the folder of a Hugging Face model`. */
export async function requireJsonAt(place: Place, file: string, expected: string): Promise<Record<string, unknown>> {
  const json = await readJsonAt(place, file);
  if (!json) throw new Error(`${nameAt(place, file)}: not found; expected ${expected}`);
  return json;
}

/** Files below an address, by `fetch`: of a web server, for browsers. */
export function httpPlace(address: string): Place {
  const name = address.replace(/\/+$/, '');
  const ask = async (file: string, method: 'GET' | 'HEAD') => {
    const url = `${name}/${file.split('/').map(encodeURIComponent).join('/')}`;
    const response = await fetch(url, { method }).catch((error: Error) => {
      throw new Error(`${url}: could not be reached: ${error.message}`);
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${url}: expected a file, the server answered with status ${response.status}`);
    return response;
  };
  const read = async (file: string) => {
    const response = await ask(file, 'GET');
    return response && new Uint8Array(await response.arrayBuffer());
  };
  return {
    ...readPlace(name, read),
    has: async (file) => (await ask(file, 'HEAD')) !== undefined,
    below: (folder) => httpPlace(`${name}/${folder}`),
  };
}

/** Files in memory by their names, such as `text/config.json`. */
export function memoryPlace(name: string, files: ReadonlyMap<string, Uint8Array>): Place {
  return {
    ...readPlace(name, async (file) => files.get(file)),
    has: async (file) => files.has(file),
    below(folder) {
      const inside = [...files].filter(([file]) => file.startsWith(`${folder}/`));
      return memoryPlace(
        `${name}/${folder}`,
        new Map(inside.map(([file, bytes]) => [file.slice(folder.length + 1), bytes])),
      );
    },
  };
}

/** What follows from reading whole files. */
function readPlace(name: string, read: Place['read']): Pick<Place, 'name' | 'read' | 'tensors' | 'hash'> {
  return {
    name,
    read,
    async tensors(file) {
      const bytes = await read(file);
      return bytes && tensorsIn(bytes, `${name}/${file}`);
    },
    async hash(files) {
      const parts: Uint8Array[] = [];
      for (const file of files) {
        const bytes = await read(file);
        if (bytes) parts.push(new TextEncoder().encode(`${file} `), bytes);
      }
      const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts as BlobPart[]).arrayBuffer());
      return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
  };
}

function tensorsIn(bytes: Uint8Array, name: string): TensorFile {
  const entries = parseSafetensors(bytes, name);
  return {
    name,
    entries,
    async read(key) {
      const stored = entries.get(key);
      if (!stored) throw new Error(`${name}: has no tensor '${key}'`);
      return toTensor(stored);
    },
    close: async () => {},
  };
}
