import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Precision, packArrays, unpackArrays } from './array-file';
import { fromHalf, toHalf } from './half';
import { plainFile } from './plain-file';
import { sha256Of } from './sha256';
import { besideName } from './write-file-safely';

export type ArrayCacheOptions = {
  /** Made if it is not there. Nothing in it is ever deleted: remove the folder when it is no longer wanted. */
  folder: string;
  /** float32, which gives back the same bits. */
  precision?: Precision;
  /** Told once if files cannot be written: the work goes on without. `console.warn` */
  warn?: (line: string) => void;
};

/** Arrays by a key that says all they follow from, on disk. A damaged file counts as not there. */
export type ArrayCache = {
  get(key: string): Float32Array | undefined;
  /** Keeps an array in a file of its own. @returns What `get` will give: with float16, the rounded numbers. */
  set(key: string, values: Float32Array): Float32Array;
  /** Those that are known. Reads every file of `setMany`, so ask for all at once. */
  getMany(keys: Iterable<string>): Map<string, Float32Array>;
  /** Keeps many small arrays in one file. @returns What `getMany` will give. */
  setMany(arrays: ReadonlyMap<string, Float32Array>): Map<string, Float32Array>;
};

const ENDING = '.arrays';
/** The folder of the files with several arrays. */
const SHARED = 'shared';

/**
 * A folder of arrays. Each file is written beside its place and renamed, so that a program that is stopped, or two at once, leave whole files
 * only. The same folder may hold arrays of both precisions, which never read each other.
 */
export function arrayCache({ folder, precision = 'float32', warn = console.warn }: ArrayCacheOptions): ArrayCache {
  const nameOf = (key: string) => sha256Of([`${precision} `, key]);
  const fileOf = (name: string) => join(folder, name.slice(0, 2), `${name}${ENDING}`);
  const rounded = (values: Float32Array) => (precision === 'float16' ? fromHalf(toHalf(values)) : values);
  let writing = true;

  function read(path: string): Map<string, () => Float32Array> {
    try {
      return unpackArrays(readFileSync(plainFile(path)), precision);
    } catch {
      return new Map(); // not there, or no file
    }
  }

  function write(path: string, arrays: ReadonlyMap<string, Float32Array>): void {
    if (!writing || arrays.size === 0) return;
    const beside = besideName(path);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(beside, packArrays(arrays, precision));
      renameSync(beside, path);
    } catch (error) {
      writing = false;
      warn(`array cache: cannot write in ${folder} (${(error as Error).message}); going on without it`);
      tryToRemove(beside);
    }
  }

  const ownFile = (name: string) => read(fileOf(name)).get(name)?.();

  /** @param wanted Keys by their names. */
  function inShared(wanted: ReadonlyMap<string, string>): Map<string, Float32Array> {
    const found = new Map<string, Float32Array>();
    for (const file of namesIn(join(folder, SHARED)).filter((name) => name.endsWith(ENDING))) {
      for (const [name, values] of read(join(folder, SHARED, file))) {
        const key = wanted.get(name);
        if (key !== undefined && !found.has(key)) found.set(key, values());
      }
    }
    return found;
  }

  return {
    get(key) {
      const name = nameOf(key);
      return ownFile(name) ?? inShared(new Map([[name, key]])).get(key);
    },
    set(key, values) {
      const name = nameOf(key);
      write(fileOf(name), new Map([[name, values]]));
      return rounded(values);
    },
    getMany(keys) {
      const wanted = new Map([...keys].map((key) => [nameOf(key), key]));
      const found = inShared(wanted);
      const folders = new Set(namesIn(folder));
      for (const [name, key] of wanted) {
        const values = !found.has(key) && folders.has(name.slice(0, 2)) ? ownFile(name) : undefined;
        if (values) found.set(key, values);
      }
      return found;
    },
    setMany(arrays) {
      const named = new Map([...arrays].map(([key, values]) => [nameOf(key), values]));
      write(join(folder, SHARED, `${sha256Of(named.keys())}${ENDING}`), named);
      return new Map([...arrays].map(([key, values]) => [key, rounded(values)]));
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function tryToRemove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {} // its folder is no folder: there is nothing to remove
}
