import { isMainThread } from 'node:worker_threads';
import { DataError, quoted, readDataFile } from '@mmolre/files';

/** A computational sequence of the CMU-MultimodalSDK as a worker gives it: one list over all videos, in the file's order. */
export type CsdFile = {
  /** The name of the sequence, such as `All Labels`. */
  name: string;
  videos: string[];
  /** [videos], segments of each. */
  counts: Int32Array;
  /** [segments, 2], begin and end in seconds. */
  intervals: Float64Array;
  /** Numbers in a row; 1 where words stand. */
  width: number;
  /** [segments, width]; empty if it holds words. */
  values: Float64Array;
  /** [segments]; empty if it holds numbers. */
  words: string[];
};

const MAX_BYTES = 1e9;
/** Of all segments together; MOSEI's words, the largest file meant to be read, are about a million. */
const MAX_SEGMENTS = 20_000_000;
const MAX_WIDTH = 64;
/** A word's bytes, and the bytes of one chunk, which is decompressed as a whole. */
const MAX_TEXT = 4_096;
const MAX_CHUNK = 64e6;

// Of h5wasm's metadata: what its `type` means.
const INTEGER = 0;
const FLOAT = 1;
const TEXT = 3;

/**
 * Reads a `.csd` file of labels or words. Runs in a worker. The file is copied into the HDF5 library's own file system, in which there is no
 * other file, so a link in it leads nowhere.
 *
 * @throws DataError if it is no HDF5 or no such sequence, or claims more than is read.
 */
export async function readCsdFile({ path, shown }: { path: string; shown: string }): Promise<CsdFile> {
  const bytes = await readDataFile(path, MAX_BYTES, shown);
  if (Buffer.from(bytes.subarray(1, 4)).toString('latin1') !== 'HDF') {
    throw new DataError(
      `${shown}: expected an HDF5 file, found another kind; a download that broke off is often a short text`,
    );
  }
  const { default: h5 } = await import('h5wasm');
  const { FS } = await h5.ready;
  FS.writeFile('/file', bytes);
  try {
    const file = new h5.File('/file', 'r');
    try {
      return readSequence(h5, file, shown);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    // The library is then broken for the files after this one, too: end the worker, which its caller hears as an error.
    if (error instanceof WebAssembly.RuntimeError && !isMainThread) process.exit(1);
    throw new DataError(
      `${shown}: damaged: it cannot be read as HDF5 (${String((error as Error)?.message ?? error).split('\n')[0]})`,
    );
  } finally {
    FS.unlink('/file');
  }
}

type H5 = typeof import('h5wasm')['default'];
type Group = InstanceType<H5['Group']>;
type Dataset = InstanceType<H5['Dataset']>;

function readSequence(h5: H5, file: Group, shown: string): CsdFile {
  const group = (from: Group, name: string, place: string): Group => {
    const found = from.get(name);
    if (found instanceof h5.Group) return found;
    throw new DataError(
      `${shown}: expected a group ${place}, found ${found === null ? 'none' : 'another kind of entry'}`,
    );
  };
  const names = file.keys();
  if (names.length !== 1)
    throw new DataError(`${shown}: expected one sequence at the root, found ${names.length} entries`);
  const name = names[0]!;
  const data = group(group(file, name, quoted(name)), 'data', quoted(`${name}/data`));
  const videos = data.keys();
  const result: CsdFile = {
    name,
    videos,
    counts: new Int32Array(videos.length),
    intervals: new Float64Array(),
    width: 0,
    values: new Float64Array(),
    words: [],
  };
  const intervals: Float64Array[] = [];
  const values: Float64Array[] = [];
  let total = 0;
  for (const [index, video] of videos.entries()) {
    const place = `${quoted(`${name}/data/${video}`)}`;
    const segment = group(data, video, place);
    const part = (kind: string): Dataset => {
      const found = segment.get(kind);
      if (found instanceof h5.Dataset) return found;
      throw new DataError(`${shown}: expected ${kind} in ${place}, found none`);
    };
    const times = part('intervals');
    const features = part('features');
    const [count, two] = checkedShape(times, `${shown}: intervals of ${place}`);
    const [rows, width] = checkedShape(features, `${shown}: features of ${place}`);
    if (two !== 2 || rows !== count) {
      throw new DataError(
        `${shown}: ${place}: expected intervals [n, 2] and features [n, d], found [${count}, ${two}] and [${rows}, ${width}]`,
      );
    }
    total += count;
    if (total > MAX_SEGMENTS) throw new DataError(`${shown}: more than ${MAX_SEGMENTS} segments`);
    result.width ||= width;
    if (width !== result.width)
      throw new DataError(`${shown}: ${place}: ${width} columns, where other videos have ${result.width}`);
    result.counts[index] = count;
    intervals.push(numbers(times, `${shown}: intervals of ${place}`));
    if (features.metadata.type === TEXT) for (const word of words(features)) result.words.push(word);
    else values.push(numbers(features, `${shown}: features of ${place}`));
  }
  if (result.words.length > 0 && values.length > 0)
    throw new DataError(`${shown}: words in some videos, numbers in others`);
  return { ...result, intervals: joined(intervals), values: joined(values) };
}

/** [rows, columns] of a dataset that may be read; looks at what is claimed only, before anything of that size exists. */
function checkedShape({ metadata }: Dataset, place: string): [rows: number, columns: number] {
  const { shape, size, chunks, type, vlen, virtual_sources } = metadata;
  const [rows, columns] = shape ?? [];
  if (shape?.length !== 2 || rows === undefined || columns === undefined) {
    throw new DataError(`${place}: expected two dimensions, found ${shape ? `[${shape.join(', ')}]` : 'none'}`);
  }
  if (![INTEGER, FLOAT, TEXT].includes(type) || vlen || size > (type === TEXT ? MAX_TEXT : 8) || virtual_sources) {
    throw new DataError(`${place}: expected numbers or words of a fixed size, found another type`);
  }
  if (columns > MAX_WIDTH || rows > MAX_SEGMENTS) {
    throw new DataError(
      `${place}: claims [${rows}, ${columns}], expected at most [${MAX_SEGMENTS}, ${MAX_WIDTH}]; files of features are not read`,
    );
  }
  if (rows * columns * size > 4 * MAX_CHUNK || (chunks ?? []).reduce((product, n) => product * n, size) > MAX_CHUNK) {
    throw new DataError(`${place}: claims ${rows * columns * size} bytes, more than is read of one video`);
  }
  return [rows, columns];
}

function numbers(dataset: Dataset, place: string): Float64Array {
  if (dataset.shape?.[0] === 0) return new Float64Array();
  const { value } = dataset;
  if (!ArrayBuffer.isView(value) || value instanceof DataView)
    throw new DataError(`${place}: expected numbers, found another type`);
  const result = new Float64Array(value.length);
  for (let i = 0; i < result.length; i++) result[i] = Number(value[i]);
  return result;
}

function words(dataset: Dataset): string[] {
  if (dataset.shape?.[0] === 0) return [];
  const { value } = dataset;
  // The SDK writes UTF-8 into what it declares to be ASCII.
  return (value as string[]).map((word) =>
    dataset.metadata.cset === 0 ? Buffer.from(word, 'latin1').toString('utf8') : word,
  );
}

function joined(parts: Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
