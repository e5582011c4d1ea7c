import { closeSync, openSync } from 'node:fs';
import { DataError, LFS_ADVICE, LFS_POINTER, plainFile, quoted } from '@mmolre/files';
import { Parser } from 'pickleparser';
import { type ArrayPart, NumpyArray, numpyResolver } from '../formats/numpy-pickle';
import { PickleReader } from '../formats/pickle-reader';

/** One split of MMSA's features as a worker gives it. */
export type MmsaPart = {
  name: string;
  ids: string[];
  texts: string[];
  annotations: string[];
  labels: number[];
  audioLengths: number[];
  visionLengths: number[];
  arrays: Record<string, ArrayPart>;
};

const ARRAYS = ['text', 'text_bert', 'audio', 'vision'];

/**
 * Reads the structure of a pickle of MMSA's features; arrays of features stay in the file. Runs in a worker. Nothing in the file is
 * executed: the only names it may use are those of numpy's arrays, which are read by our own functions.
 *
 * @throws DataError
 */
export async function readMmsaPickleFile({ path, shown }: { path: string; shown: string }): Promise<MmsaPart[]> {
  const file = openSync(plainFile(path, shown), 'r');
  try {
    const reader = new PickleReader(file);
    if (reader.startsWith(LFS_POINTER)) throw new DataError(`${shown}: ${LFS_ADVICE}`, { kind: 'lfs-pointer' });
    const parser = new Parser({
      nameResolver: numpyResolver((part) => reader.load(part)),
      unpicklingTypeOfDictionary: 'Map',
    });
    return toParts(parser.read<unknown>(reader), shown, 1e6 + 4 * reader.size);
  } catch (error) {
    if (error instanceof DataError && error.message.startsWith(shown)) throw error;
    const message =
      error instanceof DataError ? error.message : `damaged, or no pickle (${quoted((error as Error).message)})`;
    throw new DataError(`${shown}: ${message}`);
  } finally {
    closeSync(file);
  }
}

function toParts(root: unknown, shown: string, maxText: number): MmsaPart[] {
  if (!(root instanceof Map)) throw new DataError(`${shown}: expected a dictionary of train, valid and test`);
  const parts: MmsaPart[] = [];
  for (const [name, content] of root) {
    if (typeof name !== 'string' || !['train', 'valid', 'test'].includes(name) || !(content instanceof Map)) {
      throw new DataError(`${shown}: expected a dictionary of train, valid and test, found ${quoted(String(name))}`);
    }
    parts.push(toPart(name, content, `${shown}, ${name}`));
  }
  // A text can stand in a pickle once and be used often.
  const texts = parts.flatMap((part) => [part.ids, part.texts, part.annotations]).flat();
  if (texts.reduce((sum, text) => sum + text.length, 0) > maxText)
    throw new DataError(`${shown}: more text than a file of its size holds`);
  if (parts.length === 0)
    throw new DataError(`${shown}: expected a dictionary of train, valid and test, found an empty one`);
  return parts;
}

function toPart(name: string, content: Map<unknown, unknown>, place: string): MmsaPart {
  const need = (key: string) => {
    const value = content.get(key);
    if (value === undefined) {
      const found = [...content.keys()].map((known) => quoted(String(known))).slice(0, 20);
      throw new DataError(`${place}: no ${key}; expected MMSA's keys, found ${found.join(', ')}`);
    }
    return value;
  };
  const arrays: Record<string, ArrayPart> = {};
  const ids = toStrings(need('id'), `${place}, id`);
  for (const key of ARRAYS) {
    const value = content.get(key);
    if (value === undefined) continue;
    if (!(value instanceof NumpyArray)) throw new DataError(`${place}, ${key}: expected a numpy array`);
    const array = value.numbers(`${place}, ${key}`);
    if (array.shape.length !== 3 || array.shape[0] !== ids.length) {
      throw new DataError(
        `${place}, ${key}: expected the shape [${ids.length}, T, D], found [${array.shape.join(', ')}]`,
      );
    }
    arrays[key] = array;
  }
  const optional = (key: string) => (content.has(key) ? toNumbers(content.get(key), `${place}, ${key}`) : []);
  const part: MmsaPart = {
    name,
    ids,
    texts: toStrings(need('raw_text'), `${place}, raw_text`),
    annotations: content.has('annotations') ? toStrings(content.get('annotations'), `${place}, annotations`) : [],
    labels: toNumbers(need('regression_labels'), `${place}, regression_labels`),
    audioLengths: optional('audio_lengths'),
    visionLengths: optional('vision_lengths'),
    arrays,
  };
  for (const key of ['texts', 'annotations', 'labels', 'audioLengths', 'visionLengths'] as const) {
    const { length } = part[key];
    if (length === ids.length || (length === 0 && key !== 'texts' && key !== 'labels')) continue;
    throw new DataError(`${place}: ${length} of ${key}, where there are ${ids.length} ids`);
  }
  return part;
}

function toStrings(value: unknown, place: string): string[] {
  const items = value instanceof NumpyArray ? value.strings(place) : value;
  if (Array.isArray(items) && items.every((item) => typeof item === 'string')) return items;
  throw new DataError(`${place}: expected texts`);
}

function toNumbers(value: unknown, place: string): number[] {
  const items = value instanceof NumpyArray ? value.toNumbers(place) : value;
  const numbers = Array.isArray(items)
    ? items.map((item) => (item instanceof NumpyArray ? item.toNumbers(place)[0] : item))
    : items;
  if (Array.isArray(numbers) && numbers.every((item) => typeof item === 'number')) return numbers;
  throw new DataError(`${place}: expected numbers`);
}
