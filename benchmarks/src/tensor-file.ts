import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Params, toSafetensors } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** An open safetensors file of float32 tensors. Each is read when asked for, so that reading adds little to a process's peak memory. */
export type TensorFile = {
  /** Where it is. What else is put there is removed along with it. */ folder: string;
  keys: readonly string[];
  values(key: string): Float32Array;
  get<T extends tf.Tensor = tf.Tensor>(key: string): T;
  /** The keys below a prefix as a parameter tree. */
  tree<P extends Params>(prefix: string): P;
  close(): void;
};

type Entry = { shape: number[]; data_offsets: [number, number] };
type Branch = { [name: string]: tf.Tensor | Branch };

export function writeTensors(path: string, tensors: Record<string, tf.Tensor>): void {
  writeFileSync(path, toSafetensors(new Map(Object.entries(tensors))));
}

/** Opens a file that one of our own processes wrote just now; `@mmolre/nn` has the reader that trusts nobody. */
export function openTensors(path: string): TensorFile {
  const descriptor = openSync(path, 'r');
  const read = (into: Uint8Array, position: number) => {
    let done = 0;
    while (done < into.length) {
      const count = readSync(descriptor, into, done, into.length - done, position + done);
      if (count === 0) throw new Error(`${path}: cut short, it has ${fstatSync(descriptor).size} bytes`);
      done += count;
    }
    return into;
  };
  const headerLength = Number(new DataView(read(new Uint8Array(8), 0).buffer).getBigUint64(0, true));
  const header: Record<string, Entry> = JSON.parse(new TextDecoder().decode(read(new Uint8Array(headerLength), 8)));
  const entry = (key: string): Entry => {
    const found = header[key];
    if (!found) throw new Error(`${path}: no ${key}; there are ${Object.keys(header).join(', ')}`);
    return found;
  };
  const values = (key: string) => {
    const [from, to] = entry(key).data_offsets;
    const result = new Float32Array((to - from) / 4);
    read(new Uint8Array(result.buffer), 8 + headerLength + from);
    return result;
  };
  const get = <T extends tf.Tensor>(key: string) => tf.tensor(values(key), entry(key).shape) as T;
  return {
    folder: dirname(path),
    keys: Object.keys(header),
    values,
    get,
    tree: <P extends Params>(prefix: string) => {
      const root: Branch = {};
      for (const key of Object.keys(header).filter((key) => key.startsWith(`${prefix}.`))) {
        const path = key.slice(prefix.length + 1).split('.');
        const last = path.pop()!;
        let branch = root;
        for (const name of path) {
          branch[name] ??= {};
          branch = branch[name] as Branch;
        }
        branch[last] = get(key);
      }
      return root as unknown as P;
    },
    close: () => closeSync(descriptor),
  };
}
